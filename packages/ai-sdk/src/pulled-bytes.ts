import type { GatewayError } from '@portico/core';
import type { ByteSink, ByteSource } from '@portico/core/provider';

/** Makes the bytes of a stream from a model's parts, one by one. */
export interface PartEncoder<Part> {
  /** A part as text of the stream; empty if there is nothing to send. Throws if the part is a failure. */
  encode(part: Part): string;
}

/** A model's stream as a body: a part is read when the one before it was sent. */
export class PulledBytes<Part> implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Part>;
  readonly #encoder: PartEncoder<Part>;
  readonly #failureOf: (error: unknown) => GatewayError;
  #goOn: (() => void) | undefined;
  #isPaused = false;
  #isOver = false;

  constructor(stream: ReadableStream<Part>, teller: PartEncoder<Part>, failureOf: (error: unknown) => GatewayError) {
    this.#reader = stream.getReader();
    this.#encoder = teller;
    this.#failureOf = failureOf;
  }

  start(sink: ByteSink): void {
    void this.#pump(sink);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn?.();
    this.#goOn = undefined;
  }

  cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.resume();
    this.#leave(reason);
  }

  async #pump(sink: ByteSink): Promise<void> {
    try {
      for (;;) {
        if (this.#isPaused) await new Promise<void>((resolve) => (this.#goOn = resolve));
        if (this.#isOver) return;
        const { done, value } = await this.#reader.read();
        if (this.#isOver) return;
        if (done) break;
        const text = this.#encoder.encode(value);
        if (text !== '') sink.bytes(UTF8.encode(text));
      }
      this.#isOver = true;
      sink.end();
    } catch (error) {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#leave(error);
      sink.fail(this.#failureOf(error));
    }
  }

  // Errors of a stream that nobody reads are ignored.
  #leave(reason: unknown): void {
    this.#reader.cancel(reason).catch(() => undefined);
  }
}

const UTF8 = new TextEncoder();

/** A whole answer as a body. */
export function wholeBody(text: string): ByteSource {
  let isOver = false;
  return {
    start(sink) {
      if (isOver) return;
      sink.bytes(UTF8.encode(text));
      if (!isOver) sink.end();
    },
    pause: () => undefined,
    resume: () => undefined,
    cancel() {
      isOver = true;
    },
  };
}
