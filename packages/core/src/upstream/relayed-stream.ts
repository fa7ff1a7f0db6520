import type { Clock } from '../clock.js';
import type { EventsSink, EventsSource } from '../reply.js';

/**
 * What the client reads where a broken stream may be taken up by another: one opening, one end, and in between as many
 * upstreams as it takes. It owns the client's side; each of the streams owns its upstream.
 */
export class RelayedStream implements EventsSource {
  /** In the order in which they speak; all but the last have broken off. */
  readonly #streams: EventsSource[] = [];
  /** The last one broke; the next is awaited. */
  #isWaiting = false;
  #isPaused = false;
  #isOver = false;
  /** What is told where nobody goes on. */
  #lastWords: string | undefined;
  #sink: EventsSink | undefined;
  #stopBeat: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  readonly #onCancel: (reason: unknown) => void;

  /** `onCancel` hears of a client that leaves while nobody answers. */
  constructor(clock: Clock, heartbeatMs: number, onCancel: (reason: unknown) => void) {
    this.#clock = clock;
    this.#heartbeatMs = heartbeatMs;
    this.#onCancel = onCancel;
  }

  /** Who speaks first. It may have broken off already. */
  begin(first: EventsSource): void {
    this.#streams.unshift(first);
  }

  /** The current one broke, and somebody may take its place. */
  broken(): void {
    this.#isWaiting = true;
    this.#beat();
  }

  /** Somebody takes its place. */
  goOn(next: EventsSource): void {
    this.#stopBeat?.();
    if (this.#isOver) return next.cancel('the client left');
    this.#isWaiting = false;
    this.#streams.push(next);
    if (this.#sink === undefined) return;
    next.start(this.#relay(next));
    if (this.#isPaused) next.pause();
  }

  /** Nobody does: the end is told in these words. */
  giveUp(events: string): void {
    this.#stopBeat?.();
    if (this.#isOver) return;
    this.#lastWords = events;
    if (this.#sink !== undefined) this.#endWith(events);
  }

  start(sink: EventsSink): void {
    this.#sink = sink;
    for (const stream of this.#streams) stream.start(this.#relay(stream));
    if (this.#lastWords !== undefined) this.#endWith(this.#lastWords);
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

  /** A stream that broke before anybody read it says what it has, and does not end what others go on with. */
  #relay(from: EventsSource): EventsSink {
    return {
      write: (events) => this.#sink?.write(events),
      // Streams of events tell their failures inside.
      fail: (error) => this.#sink?.fail(error),
      end: () => {
        if (this.#isOver || this.#isWaiting || this.#lastWords !== undefined || from !== this.#current) return;
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
