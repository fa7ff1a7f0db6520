import { GatewayError } from '../errors.js';
import type { BytesReader, ReportedUsage } from '../operations/pinned-request.js';
import type { EventsSink, EventsSource } from '../reply.js';
import type { ByteSink, ByteSource } from '../transport.js';
import type { Deadline } from './deadline.js';

/** How forwarded bytes ended; reported once. */
export type BytesEnd = { readonly reported: ReportedUsage | undefined } & (
  | { readonly outcome: 'ok'; readonly failure: undefined }
  | { readonly outcome: 'incomplete' | 'client_gone'; readonly failure: GatewayError }
);

/**
 * Bytes on their way from an upstream to a client, and their only owner: it always ends both and calls `onEnd` once.
 */
export class ByteStream implements EventsSource, ByteSink {
  readonly #source: ByteSource;
  readonly #deadline: Deadline;
  readonly #reader: BytesReader | undefined;
  readonly #onEnd: (end: BytesEnd) => void;
  #sink: EventsSink | undefined;
  #stoppedBy: unknown;
  #over = false;

  constructor(source: ByteSource, deadline: Deadline, reader: BytesReader | undefined, onEnd: (end: BytesEnd) => void) {
    this.#source = source;
    this.#deadline = deadline;
    this.#reader = reader;
    this.#onEnd = onEnd;
  }

  // The client's side.

  start(sink: EventsSink): void {
    this.#sink = sink;
    if (this.#over) sink.fail(this.#stoppedBy);
    else this.#source.start(this);
  }

  pause(): void {
    if (this.#over) return;
    this.#deadline.clientPaused();
    this.#source.pause();
  }

  resume(): void {
    if (this.#over) return;
    this.#deadline.clientResumed();
    this.#source.resume();
  }

  cancel(reason: unknown): void {
    if (this.#over) return;
    this.#source.cancel(reason);
    this.#end('client_gone', asFailure(reason));
  }

  // The upstream's side.

  bytes(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#deadline.alive();
    this.#reader?.observe(chunk);
    this.#sink?.write(chunk);
  }

  end(): void {
    if (this.#over) return;
    this.#end('ok', undefined);
    this.#sink?.end();
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#breakOff(error);
  }

  /** A deadline passed, the client disconnected, the caller was revoked or the gateway closes. */
  stop(reason: unknown): void {
    if (this.#over) return;
    this.#source.cancel(reason);
    this.#breakOff(reason);
  }

  #breakOff(reason: unknown): void {
    const failure = asFailure(reason);
    this.#stoppedBy = failure;
    this.#end(failure.kind === 'client_closed' ? 'client_gone' : 'incomplete', failure);
    this.#sink?.fail(failure);
  }

  #end(outcome: BytesEnd['outcome'], failure: GatewayError | undefined): void {
    this.#over = true;
    // The union says which of the two go together; each caller above has one such pair.
    this.#onEnd({ outcome, failure, reported: this.#reader?.result() } as BytesEnd);
  }
}

function asFailure(reason: unknown): GatewayError {
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('upstream_error', 'The answer was interrupted.', { cause: reason });
}
