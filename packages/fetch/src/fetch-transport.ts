import { type ByteSink, type ByteSource, GatewayError, type Transport, type UpstreamRequest } from '@portico/core';

/** Requests to vendors by the runtime's own `fetch`: for Bun, Deno, Workers and wherever else sockets are not ours. */
export function fetchTransport(): Transport {
  return {
    async send(request) {
      const abort = new AbortController();
      request.cancellation.onCancel((reason) => abort.abort(reason));
      const response = await ask(request, abort.signal);
      return {
        status: response.status,
        headers: { get: (name) => response.headers.get(name) ?? undefined },
        body: response.body === null ? NO_BYTES : new ResponseBytes(response.body),
      };
    },
    // Its sockets are the runtime's own to let go.
    close: () => Promise.resolve(),
  };
}

async function ask({ method, origin, path, headers, body }: UpstreamRequest, signal: AbortSignal): Promise<Response> {
  try {
    // A redirect would take the credential elsewhere (R-SEC-4); its answer is an error like any other.
    return await fetch(origin + path, {
      method,
      // As pairs: what masks credentials in print is a member that `fetch` would stumble over.
      headers: Object.entries(headers),
      signal,
      redirect: 'manual',
      ...bodyOf(body),
    });
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new GatewayError('network', 'The upstream could not be reached.', { cause, retryable: !isLasting(cause) });
  }
}

/** A body that is sent as it comes is a stream, and `fetch` wants to be told that its answer is not waited for meanwhile. */
function bodyOf(body: UpstreamRequest['body']): RequestInit {
  if (body === undefined) return {};
  if (typeof body === 'string' || body instanceof Uint8Array) return { body: body as BodyInit };
  const pieces = body[Symbol.asyncIterator]();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
  return { body: stream, duplex: 'half' } as RequestInit;
}

/** Whether asking again cannot help: a name that does not resolve, or a failed TLS handshake. Node tells by a code; where a runtime tells nothing, it is worth a try. */
function isLasting(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' && LASTING_CODE.test(cause.code);
}

const LASTING_CODE = /^(ENOTFOUND|EAI_AGAIN|EPROTO|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO)|SELF_SIGNED/;

const NO_BYTES: ByteSource = {
  start: (sink) => sink.end(),
  pause: () => undefined,
  resume: () => undefined,
  cancel: () => undefined,
};

/** A response's body, pushed. */
class ResponseBytes implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #goOn: (() => void) | undefined;
  #paused = false;
  #over = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  start(sink: ByteSink): void {
    void this.#pump(sink);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#goOn?.();
    this.#goOn = undefined;
  }

  cancel(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.resume();
    // What becomes of a body that nobody reads is nobody's business.
    this.#reader.cancel(reason).catch(() => undefined);
  }

  async #pump(sink: ByteSink): Promise<void> {
    try {
      for (;;) {
        if (this.#paused) await new Promise<void>((resolve) => (this.#goOn = resolve));
        if (this.#over) return;
        const { done, value } = await this.#reader.read();
        if (this.#over) return;
        if (done) break;
        sink.bytes(value);
      }
      this.#over = true;
      sink.end();
    } catch (cause) {
      if (this.#over) return;
      this.#over = true;
      sink.fail(new GatewayError('network', 'The upstream broke off in the middle of its answer.', { cause }));
    }
  }
}
