import { once } from 'node:events';
import { connect } from 'node:net';

/** A client that is nothing but a socket: it may send half of a request and read nothing of the answer. */
export interface OpenSocket {
  /** Sends text as it is. */
  write(text: string | Uint8Array): void;
  /** What has come so far. */
  readonly text: string;
  /** Resolves with all that has come once it contains this. Rejects if the other side closes before. */
  waitFor(part: string): Promise<string>;
  /** Resolves with all that has come once the other side has closed. */
  readonly closed: Promise<string>;
  stopReading(): void;
  readOn(): void;
  leave(): void;
  /** Leaves with a reset (RST) in place of a goodbye. */
  reset(): void;
}

/** Connects to a port of this machine. */
export async function openSocket(port: number): Promise<OpenSocket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  const looks = new Set<() => void>();
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
    for (const look of looks) look();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  return {
    write: (piece) => void socket.write(piece),
    get text() {
      return text;
    },
    async waitFor(part) {
      const found = new Promise<string>((resolve) => {
        const look = (): void => {
          if (!text.includes(part)) return;
          looks.delete(look);
          resolve(text);
        };
        looks.add(look);
        look();
      });
      return Promise.race([
        found,
        closed.then(() =>
          Promise.reject(new Error(`The socket closed before ${JSON.stringify(part)} came; it sent: ${text}`)),
        ),
      ]);
    },
    closed,
    stopReading: () => void socket.pause(),
    readOn: () => void socket.resume(),
    leave: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
  };
}

/** Asks for a stream with a socket of its own and leaves without a word once the first bytes of it are here. */
export async function leaveMidway(port: number, body: object): Promise<void> {
  const client = await openSocket(port);
  client.write(chatRequest({ ...body, stream: true }));
  await client.waitFor('data: ');
  client.leave();
  await client.closed;
}

/** The text of a chat request over HTTP/1.1. */
export function chatRequest(body: unknown, { path = '/llm/v1/chat/completions', headers = '' } = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: app.example\r\ncontent-type: application/json\r\n${headers}`;
  return `${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
