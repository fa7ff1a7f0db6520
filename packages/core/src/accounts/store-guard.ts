import type { Clock } from '../clock.js';
import type { MaybePromise } from '../encoding/json.js';
import type { Logger } from '../logger.js';

export interface StoreGuardDeps {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** Longest time a call waits for the store, in milliseconds. */
  readonly timeoutMs: number;
}

/** Failures in a row after which a store is not asked for a while: calls are decided at once. */
const FAILURES_IN_A_ROW = 3;

/** How long a store that failed is not asked, in milliseconds. */
const PAUSE_MS = 1_000;

/** Asks a store that may be slow or unavailable: with a time limit, and not at all for a moment after several failures in a row. */
export class StoreGuard {
  readonly #name: string;
  readonly #deps: StoreGuardDeps;
  #failuresInARow = 0;
  #pausedAt: number | undefined;

  constructor(name: string, deps: StoreGuardDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  /** Rejects with what the store says, after the time limit, or at once while it is known to fail. */
  async ask<T>(question: () => MaybePromise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#deps;
    if (this.#isPaused()) throw new Error(`The ${this.#name} failed before and is asked again soon.`);
    try {
      const answer = await new Promise<T>((resolve, reject) => {
        const late = () => reject(new Error(`The ${this.#name} did not answer within ${timeoutMs} ms.`));
        const stop = clock.after(timeoutMs, late);
        Promise.resolve().then(question).then(resolve, reject).finally(stop);
      });
      this.#succeeded();
      return answer;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #isPaused(): boolean {
    if (this.#pausedAt === undefined) return false;
    const age = this.#deps.clock.now() - this.#pausedAt;
    if (age >= 0 && age < PAUSE_MS) return true;
    // One call tries; the others go on being decided at once until it has an answer.
    this.#pausedAt = this.#deps.clock.now();
    return false;
  }

  #succeeded(): void {
    if (this.#pausedAt !== undefined) this.#deps.logger?.warn({}, `the ${this.#name} answers again`);
    this.#failuresInARow = 0;
    this.#pausedAt = undefined;
  }

  #failed(error: unknown): void {
    this.#failuresInARow += 1;
    if (this.#failuresInARow < FAILURES_IN_A_ROW || this.#pausedAt !== undefined) return;
    this.#pausedAt = this.#deps.clock.now();
    this.#deps.logger?.error({ err: error }, `the ${this.#name} failed ${FAILURES_IN_A_ROW} times in a row`);
  }
}
