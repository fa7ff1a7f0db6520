import type { Clock } from '../clock.js';
import type { AttemptDeadlines } from '../deployment.js';
import { GatewayError } from '../errors.js';

type Phase = 'head' | 'opening' | 'flowing';

/**
 * Watches one attempt with a single timer. Signs of life only write down a time; the timer looks at it when it fires and
 * goes back to sleep if the attempt is still within its limits, so that a chunk costs no timer work.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #limits: AttemptDeadlines;
  readonly #who: string;
  readonly #stream: boolean;
  readonly #sentAt: number;
  readonly #endsAt: number;
  readonly #onExpire: (error: GatewayError) => void;
  #phase: Phase = 'head';
  #aliveAt: number;
  #takeBack: (() => void) | undefined;

  /** `callEndsAt`: when the call's own total deadline passes, milliseconds since the epoch. */
  constructor(
    clock: Clock,
    limits: AttemptDeadlines,
    who: string,
    stream: boolean,
    callEndsAt: number,
    onExpire: (error: GatewayError) => void,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#who = who;
    this.#stream = stream;
    this.#onExpire = onExpire;
    this.#sentAt = clock.now();
    this.#aliveAt = this.#sentAt;
    this.#endsAt = Math.min(this.#sentAt + limits.answerMs, callEndsAt);
    this.#sleep(this.#sentAt);
  }

  /** The response's head is here. */
  headArrived(): void {
    this.#phase = this.#stream ? 'opening' : 'flowing';
    this.#aliveAt = this.#clock.now();
  }

  /** A piece of the answer is here. */
  alive(): void {
    this.#aliveAt = this.#clock.now();
  }

  /** The first content is here: from now on only silence and the whole answer are limited. */
  contentArrived(): void {
    this.#phase = 'flowing';
  }

  /** The attempt ended. */
  close(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
  }

  #sleep(now: number): void {
    // At most one idle time: silence counts from the head on, and the head may come while the timer sleeps.
    const sleepMs = Math.min(this.#nextLimit().at - now, this.#limits.idleMs);
    this.#takeBack = this.#clock.after(Math.max(0, sleepMs), () => this.#wake());
  }

  #wake(): void {
    const now = this.#clock.now();
    const limit = this.#nextLimit();
    if (now < limit.at) return this.#sleep(now);
    this.#takeBack = undefined;
    // The silent route is not asked again: the next silence would cost as much (R-STR-9).
    this.#onExpire(new GatewayError('timeout', `${this.#who} ${limit.what}.`, { retryable: false }));
  }

  #nextLimit(): { at: number; what: string } {
    const limits = this.#limits;
    let at = this.#endsAt;
    let what = `had not finished its answer ${at - this.#sentAt} ms after it was asked`;
    const earlier = (candidate: number, words: string) => {
      if (candidate < at) {
        at = candidate;
        what = words;
      }
    };
    if (this.#phase === 'head') {
      earlier(this.#sentAt + limits.headersMs, `sent no response within ${limits.headersMs} ms`);
    } else {
      earlier(this.#aliveAt + limits.idleMs, `was silent for ${limits.idleMs} ms in the middle of its answer`);
    }
    if (this.#stream && this.#phase !== 'flowing') {
      earlier(this.#sentAt + limits.firstTokenMs, `sent no content within ${limits.firstTokenMs} ms`);
    }
    return { at, what };
  }
}
