import type { ByteSink, ByteSource, HeaderLookup, UpstreamReply, UpstreamRequest } from '@portico/core/provider';
import type { Connection, ConnectionRequest, Connections } from './connections.js';
import { inflated } from './inflate-reply.js';
import { networkFailure } from './network-failure.js';

/** Bytes that are buffered before the owner starts the body; beyond them the socket is paused. */
const EARLY_BYTES = 64 * 1024;

/**
 * If a server closes an idle socket just as a request is sent, that is noticed within about one round trip. A
 * connection that fails later may have failed because of the request, which could be billed twice if it were sent
 * again.
 */
const SILENT_RETRY_WITHIN_MS = 1000;

/**
 * One request and its response: undici's callbacks and core's source of bytes in one object, because it is created
 * for every call. undici calls its older callbacks directly; the newer controller API wraps them and parses every
 * header.
 */
export class Exchange implements UpstreamReply, HeaderLookup, ByteSource, ConnectionRequest {
  readonly #request: UpstreamRequest;
  readonly #connections: Connections;
  readonly #resolve: (reply: UpstreamReply) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopListening: () => void;

  #connection: Connection | undefined;
  #resumeSocket: (() => void) | undefined;
  #sent = false;
  #sentAt = 0;
  #onUsedSocket = false;
  #mayRetry = true;
  #answered = false;

  status = 0;
  // Fields instead of getters: an interceptor that changes a reply spreads it.
  readonly headers: HeaderLookup = this;
  readonly body: ByteSource = this;
  #rawHeaders: readonly Buffer[] | undefined;
  #sink: ByteSink | undefined;
  #early: Uint8Array[] | undefined;
  #earlyBytes = 0;
  #paused = false;
  #socketPaused = false;
  /** `over`: the socket has no more data. `told`: the owner of the body was notified, or wants no notification. */
  #over = false;
  #settled = false;
  #failure: unknown;

  constructor(
    request: UpstreamRequest,
    connections: Connections,
    resolve: (reply: UpstreamReply) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#request = request;
    this.#connections = connections;
    this.#resolve = resolve;
    this.#reject = reject;
    // A streamed body is consumed by the first attempt.
    this.#mayRetry = !isComing(request.body);
    this.#stopListening = request.cancellation.onCancel((reason) => this.#stop(reason));
    connections.acquire(this);
  }

  // The side of core.

  get(name: string): string | undefined {
    const raw = this.#rawHeaders;
    if (raw === undefined) return undefined;
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const candidate = raw[at] as Buffer;
      if (candidate.length === name.length && candidate.toString('latin1').toLowerCase() === name) {
        return (raw[at + 1] as Buffer).toString('latin1');
      }
    }
    return undefined;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#flush();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#sink !== undefined) this.#flush();
  }

  cancel(reason: unknown): void {
    this.#settled = true;
    this.#early = undefined;
    this.#stop(reason);
  }

  #flush(): void {
    const sink = this.#sink as ByteSink;
    const early = this.#early;
    if (early !== undefined) {
      while (early.length > 0) {
        if (this.#paused || this.#settled) return;
        sink.bytes(early.shift() as Uint8Array);
      }
      this.#early = undefined;
      this.#earlyBytes = 0;
    }
    if (this.#paused) return;
    if (this.#over) return this.#settle();
    if (this.#socketPaused) {
      this.#socketPaused = false;
      this.#resumeSocket?.();
    }
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    const sink = this.#sink as ByteSink;
    if (this.#failure === undefined) sink.end();
    else sink.fail(this.#failure);
  }

  // The connection pool.

  onConnection(connection: Connection): void {
    const request = this.#request;
    this.#connection = connection;
    connection.client.dispatch(
      { method: request.method, path: request.path, headers: headersOf(request), body: bodyOf(request) },
      this,
    );
  }

  onConnectionError(error: Error): void {
    this.#fail(error);
  }

  // The side of undici.

  onConnect(): void {
    this.#sent = true;
    this.#onUsedSocket = (this.#connection as Connection).served > 0;
    this.#sentAt = performance.now();
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    this.status = status;
    this.#rawHeaders = rawHeaders;
    this.#resumeSocket = resume;
    const encoding = this.get('content-encoding');
    this.#resolve(encoding === undefined ? this : inflated(this, encoding));
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#sink !== undefined && this.#early === undefined) {
      this.#sink.bytes(chunk);
      this.#socketPaused = this.#paused;
      return !this.#paused;
    }
    this.#early ??= [];
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    this.#socketPaused = this.#earlyBytes >= EARLY_BYTES;
    return !this.#socketPaused;
  }

  onComplete(): void {
    if (this.#over) return;
    this.#connections.release(this.#connection as Connection);
    this.#end();
  }

  onError(error: Error): void {
    if (this.#over) return;
    if (this.#diedWithAnIdleSocket()) {
      this.#mayRetry = false;
      this.#sent = false;
      this.onConnection(this.#connections.replace(this.#connection as Connection));
      return;
    }
    const stage = this.#answered ? 'reading' : this.#sent ? 'waiting' : 'connecting';
    this.#connections.drop(this.#connection as Connection);
    this.#fail(networkFailure(error, this.#request.origin, stage));
  }

  /** RFC 9110 §9.2.2: sent again only if the server closed a kept-alive socket without one byte of a response. */
  #diedWithAnIdleSocket(): boolean {
    return (
      this.#mayRetry &&
      this.#onUsedSocket &&
      !this.#answered &&
      performance.now() - this.#sentAt < SILENT_RETRY_WITHIN_MS
    );
  }

  // How it ends.

  #end(): void {
    this.#over = true;
    this.#stopListening();
    if (this.#sink !== undefined && this.#early === undefined && !this.#paused) this.#settle();
  }

  #fail(reason: unknown): void {
    this.#failure = reason;
    this.#reject(reason);
    this.#end();
  }

  /** Cancelled from outside: the rest of the response is not needed. */
  #stop(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#early = undefined;
    this.#paused = false;
    if (this.#connection === undefined) this.#connections.cancel(this);
    else this.#connections.drop(this.#connection);
    this.#fail(reason);
  }
}

function isComing(body: UpstreamRequest['body']): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/** Its type is narrower than what undici accepts: any iterable is sent chunk by chunk. */
function bodyOf({ body }: UpstreamRequest): string | Uint8Array | null {
  return (body as string | Uint8Array | undefined) ?? null;
}

/** undici checks and joins the headers; a flat list is cheapest, created once for headers that cannot change. */
function headersOf({ headers }: UpstreamRequest): string[] {
  const known = flatHeaders.get(headers);
  if (known !== undefined) return known;
  const flat = ['accept-encoding', 'identity'];
  for (const name in headers) {
    if (name !== 'accept-encoding') flat.push(name, headers[name] as string);
  }
  if (Object.isFrozen(headers)) flatHeaders.set(headers, flat);
  return flat;
}

const flatHeaders = new WeakMap<object, string[]>();
