import type { Clock } from '../../clock.js';
import { isPromise, type MaybePromise } from '../../encoding/json.js';
import type { Logger } from '../../logger.js';
import type { CounterStore } from '../../store.js';

export interface ResilienceOptions {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** Longest time a call waits for the store. */
  readonly timeoutMs: number;
  /** The fallback counters while the store fails; undefined if calls that cannot be counted are rejected. */
  readonly fallbackStore: CounterStore | undefined;
}

/** Failures in a row after which a store counts as down. */
const FAILURES_IN_A_ROW = 3;

/** How long a store that is down is not used before it is tested again. */
const COOLDOWN_MS = 1_000;

/** A counter that nobody uses: read only to see whether the store answers. */
const PROBE_KEY = 'probe';

/** The prefix of reservations made in the fallback counters; the store's own have other names. */
const FALLBACK_PREFIX = 'stand-in:';

/**
 * A store that may be slow or unavailable, with a circuit breaker. A call waits for it no longer than the time limit.
 * After several failures in a row it is not used until a test request, for which no call waits, was answered in time.
 * Meanwhile calls get the answer of the fallback store, or a rejection.
 */
export function resilientCounters(store: CounterStore, guard: ResilienceOptions): CounterStore {
  const { clock, logger, timeoutMs, fallbackStore } = guard;
  let failuresInARow = 0;
  /** While the store is down: when it may be tested again. */
  let probeAt: number | undefined;
  let isProbing = false;

  const degradedMode =
    fallbackStore === undefined
      ? 'calls with limits are refused until it answers'
      : 'until it answers, limits are counted in this process only';

  return {
    reserve(requests, leaseMs) {
      const answer = ask(
        () => store.reserve(requests, leaseMs),
        // The caller has continued without it: a late reservation must be released.
        (late) => late.ok && settle(late.reservation, []),
      );
      if (fallbackStore === undefined || !isPromise(answer)) return answer;
      return answer.catch(async () => {
        const given = await fallbackStore.reserve(requests, leaseMs);
        return given.ok ? { ...given, reservation: FALLBACK_PREFIX + given.reservation } : given;
      });
    },
    settle,
    read(key) {
      const answer = ask(() => store.read(key));
      return fallbackStore === undefined || !isPromise(answer) ? answer : answer.catch(() => fallbackStore.read(key));
    },
    close: () => store.close?.(),
  };

  function settle(reservation: string, actual: readonly number[]): MaybePromise<void> {
    if (reservation.startsWith(FALLBACK_PREFIX))
      return fallbackStore?.settle(reservation.slice(FALLBACK_PREFIX.length), actual);
    // Also sent to a store that is down: no call waits for it, and its client may queue it until it is connected
    // again.
    return store.settle(reservation, actual);
  }

  function ask<T>(question: () => MaybePromise<T>, onLate?: (answer: T) => unknown): MaybePromise<T> {
    if (probeAt !== undefined) {
      probeIfDue(probeAt);
      return Promise.reject(new CounterStoreUnavailable(degradedMode));
    }
    return answered(question, onLate);
  }

  /** The answer of the store within the time limit, counted as success or failure. */
  function answered<T>(question: () => MaybePromise<T>, onLate?: (answer: T) => unknown): MaybePromise<T> {
    let answer: MaybePromise<T>;
    try {
      answer = question();
    } catch (cause) {
      failed(cause);
      return Promise.reject(cause);
    }
    if (!isPromise(answer)) {
      failuresInARow = 0;
      return answer;
    }
    return new Promise<T>((resolve, reject) => {
      let isLate = false;
      const cancel = clock.after(timeoutMs, () => {
        isLate = true;
        const cause = new Error(`The counter store did not answer within ${timeoutMs} ms.`);
        failed(cause);
        reject(cause);
      });
      answer.then(
        (value) => {
          if (isLate) return void giveBack(value, onLate);
          cancel();
          failuresInARow = 0;
          resolve(value);
        },
        (cause: unknown) => {
          if (isLate) return;
          cancel();
          failed(cause);
          reject(cause);
        },
      );
    });
  }

  async function giveBack<T>(answer: T, onLate: ((answer: T) => unknown) | undefined): Promise<void> {
    try {
      await onLate?.(answer);
    } catch {
      // Then it comes back when its lease ends.
    }
  }

  function failed(cause: unknown): void {
    failuresInARow += 1;
    if (failuresInARow < FAILURES_IN_A_ROW || probeAt !== undefined) return;
    probeAt = clock.now() + COOLDOWN_MS;
    logger?.error({ err: cause }, `the counter store failed ${FAILURES_IN_A_ROW} times in a row: ${degradedMode}`);
  }

  function probeIfDue(due: number): void {
    const left = due - clock.now();
    // A clock that jumped back must not turn a short pause into a long one.
    if (isProbing || (left > 0 && left <= COOLDOWN_MS)) return;
    isProbing = true;
    void probe();
  }

  async function probe(): Promise<void> {
    try {
      await answered(() => store.read(PROBE_KEY));
      probeAt = undefined;
      logger?.warn({}, 'the counter store answers again: limits are counted there');
    } catch {
      probeAt = clock.now() + COOLDOWN_MS;
    } finally {
      isProbing = false;
    }
  }
}

/** Why a store that is known to fail was not used. */
export class CounterStoreUnavailable extends Error {
  constructor(degradedMode: string) {
    super(`The counter store is not used because it failed before: ${degradedMode}.`);
  }
}
