import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request as it came over a socket. */
export interface RawRequest {
  readonly head: string;
  readonly body: string;
  /** Which socket of the upstream, counted from 1. */
  readonly socketNumber: number;
  /** Which request on that socket, counted from 1. */
  readonly requestNumber: number;
}

export interface RawUpstream {
  readonly origin: string;
  readonly requests: RawRequest[];
  readonly sockets: Socket[];
}

/** A server that is told byte by byte what to say, because what is tested here is what servers should not do. */
export async function rawUpstream(
  answer: (socket: Socket, request: RawRequest) => void,
  listen: (onSocket: (socket: Socket) => void) => Server = (onSocket) => createServer({ noDelay: true }, onSocket),
  protocol = 'http',
): Promise<RawUpstream> {
  const requests: RawRequest[] = [];
  const sockets: Socket[] = [];
  const server = listen((socket) => {
    const socketNumber = sockets.push(socket);
    let requestNumber = 0;
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (;;) {
        const headEnd = text.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const head = text.slice(0, headEnd);
        const bodyLength = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (text.length < headEnd + 4 + bodyLength) return;
        const body = text.slice(headEnd + 4, headEnd + 4 + bodyLength);
        text = text.slice(headEnd + 4 + bodyLength);
        requestNumber += 1;
        const request = { head, body, socketNumber, requestNumber };
        requests.push(request);
        answer(socket, request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { origin: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, sockets };
}

export function jsonAnswer(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';
