import type { CallAccount } from '../../accounts/call-account.js';
import type { Cancellation } from '../../cancellation.js';
import { GatewayError } from '../../errors.js';
import type { EventsSink, EventsSource } from '../../reply.js';

/** The stream of a custom endpoint on its way to the client: the only owner of both, and it closes the call's account. */
export class ResponseStream implements EventsSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #account: CallAccount | undefined;
  #sink: EventsSink | undefined;
  #isPaused = false;
  #isReading = false;
  #isOver = false;

  /** Without an account nothing is recorded. */
  constructor(body: ReadableStream<Uint8Array>, cancellation: Cancellation, account: CallAccount | undefined) {
    this.#reader = body.getReader();
    this.#account = account;
    // Revoked, or the gateway closes.
    cancellation.onCancel((reason) => this.#breakOff(reason));
  }

  start(sink: EventsSink): void {
    this.#sink = sink;
    void this.#read();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    void this.#read();
  }

  cancel(reason: unknown): void {
    if (this.#isOver) return;
    const failure = new GatewayError('client_closed', 'The client disconnected before the answer was complete.', {
      cause: reason,
    });
    this.#end(failure);
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#sink === undefined) return;
    this.#isReading = true;
    try {
      while (!this.#isPaused && !this.#isOver) {
        const { done, value } = await this.#reader.read();
        if (this.#isOver) return;
        if (done) {
          this.#end(undefined);
          return this.#sink.end();
        }
        this.#sink.write(value);
      }
    } catch (error) {
      this.#breakOff(error);
    } finally {
      this.#isReading = false;
    }
  }

  #breakOff(reason: unknown): void {
    if (this.#isOver) return;
    const failure =
      reason instanceof GatewayError
        ? reason
        : new GatewayError('internal', 'The answer was interrupted.', { cause: reason });
    this.#end(failure);
    this.#sink?.fail(failure);
  }

  #end(failure: GatewayError | undefined): void {
    this.#isOver = true;
    if (failure === undefined) return this.#account?.close('ok', undefined);
    this.#account?.close(failure.kind === 'client_closed' ? 'client_gone' : 'incomplete', failure);
    this.#reader.cancel(failure).catch(() => undefined);
  }
}
