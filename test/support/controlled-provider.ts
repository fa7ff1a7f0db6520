import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A provider that speaks OpenAI and says each word only when the test says so. */
export interface ControlledProvider {
  readonly url: string;
  /** The next request that nobody has taken yet, past or future. */
  nextRequest(): Promise<ControlledRequest>;
  close(): Promise<void>;
}

interface ControlledRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Answers with a status other than 200, or with headers of its own; before anything else is sent. */
  head(status: number, headers: OutgoingHttpHeaders): void;
  /** Streams a piece of content; resolves when there is room for the next. */
  token(content: string): Promise<void>;
  /** Streams the finish, with usage, and ends. */
  finish(): void;
  /** Ends with a body that is not a stream. */
  whole(body: unknown): void;
  /** The gateway is gone, or the answer has ended. */
  readonly closed: Promise<unknown>;
}

/** Starts one. */
export async function startControlledProvider(): Promise<ControlledProvider> {
  const arrived: ControlledRequest[] = [];
  const waiting: ((request: ControlledRequest) => void)[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const steered = steer(request.url ?? '', request.headers, Buffer.concat(pieces).toString(), response);
      const taker = waiting.shift();
      if (taker === undefined) arrived.push(steered);
      else taker(steered);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, // It listens on TCP, so this is never a pipe's name.
    nextRequest() {
      const first = arrived.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function steer(path: string, headers: IncomingHttpHeaders, body: string, response: ServerResponse): ControlledRequest {
  const chunk = (fields: object): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'steered', ...fields })}\n\n`;
  const choice = (delta: object, finish: string | null = null): object => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const open = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  };
  const closed = once(response, 'close');
  let drained: Promise<void> | undefined;
  return {
    path,
    headers,
    body,
    closed,
    head: (status, more) => void response.writeHead(status, more),
    async token(content) {
      open();
      if (response.write(chunk(choice({ content })))) return;
      drained ??= Promise.race([once(response, 'drain'), closed]).then(() => {
        drained = undefined;
      });
      await drained;
    },
    finish() {
      open();
      const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
      response.end(`${chunk(choice({}, 'stop'))}${chunk({ choices: [], usage })}data: [DONE]\n\n`);
    },
    whole(answer) {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    },
  };
}
