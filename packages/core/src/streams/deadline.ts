import type { Clock } from '../clock.js';
import type { ResolvedDeadlines } from '../deployment.js';
import { GatewayError } from '../errors.js';

type Phase = 'head' | 'opening' | 'flowing';

/** Timers that differ by less are only slightly late. */
const JUMP_MS = 1_000;

/**
 * Watches one attempt with a single timer. Activity only stores a time; when the timer fires it checks that time and
 * is set again if the attempt is still within its limits, so that a chunk costs no timer work.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #limits: ResolvedDeadlines;
  readonly #subject: string;
  readonly #stream: boolean;
  #sentAt: number;
  #endsAt: number;
  readonly #onExpire: (error: GatewayError) => void;
  #phase: Phase = 'head';
  #aliveAt: number;
  #wakesAt = 0;
  #isClientPaused = false;
  #takeBack: (() => void) | undefined;

  /** `callEndsAt`: when the call's own total deadline passes, milliseconds since the epoch. */
  constructor(
    clock: Clock,
    limits: ResolvedDeadlines,
    subject: string,
    stream: boolean,
    callEndsAt: number,
    onExpire: (error: GatewayError) => void,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#subject = subject;
    this.#stream = stream;
    this.#onExpire = onExpire;
    this.#sentAt = clock.now();
    this.#aliveAt = this.#sentAt;
    this.#endsAt = Math.min(this.#sentAt + limits.answerMs, callEndsAt);
    this.#sleep(this.#sentAt);
  }

  /** The response's head has arrived. */
  headArrived(): void {
    this.#phase = this.#stream ? 'opening' : 'flowing';
    this.#aliveAt = this.#clock.now();
  }

  /** A part of the answer has arrived. */
  alive(): void {
    this.#aliveAt = this.#clock.now();
  }

  /** The client does not read: from now on the silence is its own, and it has as long as the upstream has. */
  clientPaused(): void {
    this.#isClientPaused = true;
    this.#aliveAt = this.#clock.now();
  }

  /** The client reads again. */
  clientResumed(): void {
    this.#isClientPaused = false;
    this.#aliveAt = this.#clock.now();
  }

  /** The first content has arrived: from now on only silence and the whole answer are limited. */
  contentArrived(): void {
    this.#phase = 'flowing';
  }

  /** The attempt ended. */
  close(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
  }

  #sleep(now: number): void {
    // At most one idle time: silence counts from the head on, and the head may come while the timer waits.
    const sleepMs = Math.min(this.#nextLimit() - now, this.#limits.idleMs);
    this.#wakesAt = now + Math.max(0, sleepMs);
    this.#takeBack = this.#clock.after(Math.max(0, sleepMs), this.#wake);
  }

  readonly #wake = (): void => {
    const now = this.#clock.now();
    this.#followJump(now);
    if (now < this.#nextLimit()) return this.#sleep(now);
    this.#takeBack = undefined;
    if (this.#isClientPaused && now < this.#endsAt) {
      const message = `The client read nothing of its answer for ${this.#limits.idleMs} ms.`;
      return this.#onExpire(new GatewayError('request_timeout', message));
    }
    // A silent route is not tried again: the next silence would cost as much (R-STR-9).
    this.#onExpire(new GatewayError('timeout', `${this.#subject} ${this.#whatExpired(now)}.`, { retryable: false }));
  };

  /** Timers measure elapsed time, the clock shows the time of day: if they disagree the clock was set. */
  #followJump(now: number): void {
    const jumpMs = now - this.#wakesAt;
    if (Math.abs(jumpMs) < JUMP_MS) return;
    this.#sentAt += jumpMs;
    this.#endsAt += jumpMs;
    this.#aliveAt = now;
  }

  #nextLimit(): number {
    const phaseEndsAt = this.#phase === 'head' ? this.#sentAt + this.#headMs : this.#aliveAt + this.#silenceMs;
    const limit = Math.min(this.#endsAt, phaseEndsAt);
    return this.#awaitsContent ? Math.min(limit, this.#sentAt + this.#limits.firstTokenMs) : limit;
  }

  get #headMs(): number {
    return this.#stream ? this.#limits.streamHeadersMs : this.#limits.headersMs;
  }

  get #silenceMs(): number {
    return this.#phase === 'opening' ? this.#limits.openingIdleMs : this.#limits.idleMs;
  }

  get #awaitsContent(): boolean {
    return this.#stream && this.#phase !== 'flowing';
  }

  #whatExpired(now: number): string {
    const { firstTokenMs } = this.#limits;
    if (now >= this.#endsAt) return `had not finished its answer ${now - this.#sentAt} ms after the request`;
    if (this.#phase === 'head' && now >= this.#sentAt + this.#headMs)
      return `sent no response within ${this.#headMs} ms`;
    if (this.#awaitsContent && now >= this.#sentAt + firstTokenMs) return `sent no content within ${firstTokenMs} ms`;
    return `sent nothing for ${this.#silenceMs} ms during its answer`;
  }
}
