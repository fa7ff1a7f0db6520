import type { Clock } from '../clock.js';
import type { EventsSink, EventsSource } from '../reply.js';

/**
 * What the client reads if a broken stream may be resumed: one beginning, one end, and as many upstreams as needed in
 * between. It owns the client's side; each of the streams owns its upstream.
 */
export class ResumableStream implements EventsSource {
  /** In order; all but the last were interrupted. */
  readonly #streams: EventsSource[] = [];
  /** The last one was interrupted; the next is awaited. */
  #isWaiting = false;
  #isPaused = false;
  #isOver = false;
  /** The end of the stream if nobody resumes it. */
  #finalEvent: string | undefined;
  #sink: EventsSink | undefined;
  #stopBeat: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  readonly #onCancel: (reason: unknown) => void;

  /** `onCancel` is called if the client disconnects while there is no upstream. */
  constructor(clock: Clock, heartbeatMs: number, onCancel: (reason: unknown) => void) {
    this.#clock = clock;
    this.#heartbeatMs = heartbeatMs;
    this.#onCancel = onCancel;
  }

  /** The first stream. It may already be interrupted. */
  begin(first: EventsSource): void {
    this.#streams.unshift(first);
  }

  /** The current one was interrupted, and may be resumed. */
  interrupted(): void {
    this.#isWaiting = true;
    this.#beat();
  }

  /** The next stream. */
  continueWith(next: EventsSource): void {
    this.#stopBeat?.();
    if (this.#isOver) return next.cancel('the client disconnected');
    this.#isWaiting = false;
    this.#streams.push(next);
    if (this.#sink === undefined) return;
    next.start(this.#relay(next));
    if (this.#isPaused) next.pause();
  }

  /** It is not resumed: the stream ends with this. */
  fail(events: string): void {
    this.#stopBeat?.();
    if (this.#isOver) return;
    this.#finalEvent = events;
    if (this.#sink !== undefined) this.#endWith(events);
  }

  start(sink: EventsSink): void {
    this.#sink = sink;
    for (const stream of this.#streams) stream.start(this.#relay(stream));
    if (this.#finalEvent !== undefined) this.#endWith(this.#finalEvent);
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isWaiting) this.#current?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isWaiting) this.#current?.resume();
  }

  cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopBeat?.();
    this.#sink = undefined;
    if (this.#isWaiting) this.#onCancel(reason);
    else this.#current?.cancel(reason);
  }

  /** A stream that was interrupted before anybody read it delivers what it has, and does not end the stream. */
  #relay(from: EventsSource): EventsSink {
    return {
      write: (events) => this.#sink?.write(events),
      // Event streams carry their failures.
      fail: (error) => this.#sink?.fail(error),
      end: () => {
        if (this.#isOver || this.#isWaiting || this.#finalEvent !== undefined || from !== this.#current) return;
        this.#isOver = true;
        this.#sink?.end();
      },
    };
  }

  get #current(): EventsSource | undefined {
    return this.#streams.at(-1);
  }

  #endWith(events: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink?.write(events);
    this.#sink?.end();
  }

  #beat(): void {
    this.#stopBeat = this.#clock.after(this.#heartbeatMs, () => {
      this.#sink?.write(': keep-alive\n\n');
      this.#beat();
    });
  }
}
