import { isAscii } from 'node:buffer';
import { Readable } from 'node:stream';
import {
  type EventsSource,
  type Gateway,
  GatewayError,
  type Reply,
  type ReplyHeaders,
  withErrorListener,
} from '@portico/core';
import { hasLeft } from './serve-node.js';
import type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';
import { ServedRequest } from './served-request.js';
import { notForwarded } from './write-reply.js';

/** An answer for a framework that writes it to the socket itself. */
export interface HandedReply {
  readonly status: number;
  /** Name and value in turn; none that belongs to the connection alone. */
  readonly headers: ReplyHeaders;
  /** The whole answer, or a stream of it that never fails: what goes wrong upstream is told inside. Destroying it aborts the upstream. */
  readonly body: string | Buffer | Readable;
}

/**
 * Lets the gateway answer one request for frameworks that are given the answer and send it themselves (Koa, Fastify), so
 * that the host's middleware keeps its say in headers and cookies. Undefined if the path is none of the gateway's, or
 * nobody waits any more. Rejects only for bugs.
 */
export async function askGateway<Host>(
  gateway: Pick<Gateway<Host>, 'handle'>,
  req: NodeRequest,
  res: NodeResponse,
  options: Omit<ServeOptions<Host>, 'next'>,
): Promise<HandedReply | undefined> {
  if (res.headersSent || hasLeft(res)) return undefined;
  const request = new ServedRequest(req, res, options);
  const reply = await gateway.handle(request);
  if (reply === undefined) return undefined;
  if (request.gone) {
    if (reply.kind === 'events') reply.body.cancel(clientLeft());
    return undefined;
  }
  const headers = [...forwardable(reply)];
  if (request.bodyRefused && !('stream' in res)) headers.push('connection', 'close');
  if (reply.kind === 'whole') {
    request.ended = true;
    const { body } = reply;
    return {
      status: reply.status,
      headers,
      body: typeof body === 'string' ? body : cheapest(body),
    };
  }
  return { status: reply.status, headers, body: withErrorListener(new ReplyStream(reply.body, request, res)) };
}

/** Text leaves together with its head in one write, bytes beside it; where both say the same, text is the cheaper. */
function cheapest(bytes: Uint8Array): string | Buffer {
  const buffer = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  return buffer.length <= CHEAP_TEXT_BYTES && isAscii(buffer) ? buffer.toString('latin1') : buffer;
}

const CHEAP_TEXT_BYTES = 64 * 1024;

function* forwardable({ headers }: Reply): Iterable<string> {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string;
    if (!notForwarded(name)) yield* [name, headers[at + 1] as string];
  }
}

/** The events of a reply as a stream of Node's: pulled, and so under the back-pressure of whoever reads. */
class ReplyStream extends Readable {
  readonly #source: EventsSource;
  readonly #request: ServedRequest<unknown>;
  #over = false;
  #started = false;
  #paused = false;

  constructor(source: EventsSource, request: ServedRequest<unknown>, res: NodeResponse) {
    super({ highWaterMark: 16 * 1024 });
    this.#source = source;
    this.#request = request;
    if (!('stream' in res)) res.socket?.setNoDelay(true);
    // Koa 2 does not destroy its body when the client leaves.
    request.onClientGone(() => this.destroy());
  }

  override _read(): void {
    if (!this.#started) this.#start();
    else if (this.#paused) {
      this.#paused = false;
      this.#source.resume();
    }
  }

  #start(): void {
    this.#started = true;
    this.#source.start({
      write: (events) => {
        if (this.destroyed || this.push(events) || this.#paused) return;
        this.#paused = true;
        this.#source.pause();
      },
      fail: (error) => {
        this.#over = true;
        this.destroy(error instanceof Error ? error : undefined);
      },
      end: () => {
        this.#over = true;
        this.#request.ended = true;
        if (!this.destroyed) this.push(null);
      },
    });
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#over) {
      this.#over = true;
      this.#source.cancel(clientLeft());
    }
    done();
  }
}

function clientLeft(): GatewayError {
  return new GatewayError('client_closed', 'The client left before the answer was complete.');
}
