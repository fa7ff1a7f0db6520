import { GatewayError } from '@portico/core';
import type { ByteSink, ByteSource, Transport, UpstreamRequest } from '@portico/core/provider';

/** Requests to vendors by the runtime's own `fetch`: for Bun, Deno, Workers and other runtimes without sockets. */
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
    // The runtime closes its sockets itself.
    close: () => Promise.resolve(),
  };
}

async function ask({ method, origin, path, headers, body }: UpstreamRequest, signal: AbortSignal): Promise<Response> {
  try {
    // A redirect would send the credential elsewhere (R-SEC-4); it is treated as an error response.
    return await fetch(origin + path, {
      method,
      // As pairs: the property that masks credentials in print is not accepted by `fetch`.
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

/** A streamed request body needs an option that says that the response does not wait for it. */
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

/**
 * Whether another try cannot help: a name that does not resolve, or a failed TLS handshake. Node reports a code; if a
 * runtime reports none, another try is made.
 */
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
    // Errors of a body that nobody reads are ignored.
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
      sink.fail(new GatewayError('network', 'The upstream closed the connection during its answer.', { cause }));
    }
  }
}
