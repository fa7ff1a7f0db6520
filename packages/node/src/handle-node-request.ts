import { isAscii } from 'node:buffer';
import { Readable } from 'node:stream';
import { type Gateway, GatewayError, withErrorListener } from '@portico/core';
import type { EventsSource, Reply, ReplyHeaders } from '@portico/core/mount';
import { NodeIncomingRequest } from './node-incoming-request.js';
import { isGone } from './serve-node.js';
import type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';
import { notForwarded } from './write-reply.js';

/** An answer for a framework that writes it to the socket itself. */
export interface NodeReply {
  readonly status: number;
  /** Name and value in turn, without headers of the connection. */
  readonly headers: ReplyHeaders;
  /**
   * The whole answer, or a stream of it that never fails: upstream errors are events in it. Destroying it aborts the
   * upstream.
   */
  readonly body: string | Buffer | Readable;
}

/**
 * Lets the gateway answer one request for frameworks that send the answer themselves (Koa, Fastify), so that the
 * host's middleware can still set headers and cookies. Undefined if the path is not one of the gateway's, or the
 * client has disconnected. Rejects only for bugs.
 */
export async function handleNodeRequest<Host>(
  gateway: Pick<Gateway<Host>, 'handle'>,
  req: NodeRequest,
  res: NodeResponse,
  options: Omit<ServeOptions<Host>, 'next'>,
): Promise<NodeReply | undefined> {
  if (res.headersSent || isGone(res)) return undefined;
  const request = new NodeIncomingRequest(req, res, options);
  const reply = await gateway.handle(request);
  if (reply === undefined) return undefined;
  if (request.isClientGone) {
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

/** Text is sent with its head in one write, bytes in a second one; if both have the same content, text is cheaper. */
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

/** The events of a reply as a Node stream: pulled, and so with back-pressure. */
class ReplyStream extends Readable {
  readonly #source: EventsSource;
  readonly #request: NodeIncomingRequest<unknown>;
  #over = false;
  #started = false;
  #paused = false;

  constructor(source: EventsSource, request: NodeIncomingRequest<unknown>, res: NodeResponse) {
    super({ highWaterMark: 16 * 1024 });
    this.#source = source;
    this.#request = request;
    if (!('stream' in res)) res.socket?.setNoDelay(true);
    // Koa 2 does not destroy its body when the client disconnects.
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
  return new GatewayError('client_closed', 'The client disconnected before the answer was complete.');
}
