import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** What a plain node:http client got, faults of the connection included. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  /** As they came, one a chunk of the transfer encoding. */
  readonly pieces: readonly Buffer[];
  /** The answer ended as HTTP says an answer ends. */
  readonly whole: boolean;
  /** The code of the error otherwise. */
  readonly error: string | undefined;
}

/** A request under way. */
export interface RawRequest {
  readonly answer: Promise<RawAnswer>;
  /** The first bytes of the body are here. */
  readonly firstPiece: Promise<void>;
  /** Goes away without a word. */
  leave(): void;
}

/** Options beside the body. */
export interface RawOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** Asks with node:http alone, so that no client library stands between a test and the wire. */
export function rawRequest(url: string, body: unknown, options: RawOptions = {}): RawRequest {
  const outgoing = request(url, {
    method: options.method ?? 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...options.headers },
    ...(options.agent === undefined ? {} : { agent: options.agent }),
  });
  let tellFirstPiece = (): void => undefined;
  const firstPiece = new Promise<void>((resolve) => {
    tellFirstPiece = resolve;
  });
  const answer = new Promise<RawAnswer>((resolve) => {
    const pieces: Buffer[] = [];
    let incoming: IncomingMessage | undefined;
    const finish = (error?: NodeJS.ErrnoException): void => {
      const bytes = Buffer.concat(pieces);
      const { statusCode: status, headers = {}, complete: whole = false } = incoming ?? {};
      resolve({ status, headers, text: bytes.toString('utf8'), bytes, pieces, whole, error: error?.code });
    };
    outgoing.on('error', finish);
    outgoing.on('response', (response) => {
      incoming = response;
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        tellFirstPiece();
      });
      response.on('error', finish);
      response.on('end', () => finish());
    });
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return { answer, firstPiece, leave: () => outgoing.destroy() };
}

/** One event as a reader of the stream gets it. */
interface ReadEvent {
  readonly event: string | undefined;
  readonly data: string;
}

/** Reads a stream's events by the rules of the standard, line ends, BOM and comments included. */
export function readEvents(text: string): ReadEvent[] {
  const blocks = text
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n|\r/g, '\n')
    .split('\n\n')
    .slice(0, -1);
  return blocks.flatMap((block) => {
    const lines = block.split('\n');
    const valuesOf = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    const data = valuesOf('data');
    return data.length === 0 ? [] : [{ event: valuesOf('event').at(-1), data: data.join('\n') }];
  });
}
