import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../json.js';
import type { Logger } from '../logger.js';
import type { CounterStore } from '../store.js';

export interface CounterGuard {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** Longest that a call waits for the store. */
  readonly timeoutMs: number;
  /** Counts while the store fails; undefined where calls that cannot be counted are refused. */
  readonly standIn: CounterStore | undefined;
}

/** Failures in a row that show a store to be ill. */
const FAILURES_IN_A_ROW = 3;

/** How long an ill store is left alone before it is asked whether it is well again. */
const REST_MS = 1_000;

/** Nobody reserves of it: a store is asked for it to see whether it answers. */
const PROBE_KEY = 'probe';

/** How reservations begin that the stand-in made; those of the store have names of its own. */
const STOOD_IN = 'stand-in:';

/**
 * A store that may be slow or gone (h02). A call waits for it no longer than the time limit; after several failures in a row
 * it is not asked at all until a probe, for which no call waits, was answered in time. What calls get meanwhile is what the
 * stand-in says, or a rejection.
 */
export function guardedCounters(store: CounterStore, guard: CounterGuard): CounterStore {
  const { clock, logger, timeoutMs, standIn } = guard;
  let failuresInARow = 0;
  /** While the store is ill: when it may be asked how it is. */
  let probeAt: number | undefined;
  let isProbing = false;

  const meanwhile =
    standIn === undefined
      ? 'calls with limits are refused until it answers'
      : 'until it answers limits are counted in this process alone';

  return {
    reserve(requests, leaseMs) {
      const answer = ask(
        () => store.reserve(requests, leaseMs),
        // Whoever asked has gone on without it: it must not hold what nobody uses.
        (late) => late.ok && settle(late.reservation, []),
      );
      if (standIn === undefined || !isPromise(answer)) return answer;
      return answer.catch(async () => {
        const given = await standIn.reserve(requests, leaseMs);
        return given.ok ? { ...given, reservation: STOOD_IN + given.reservation } : given;
      });
    },
    settle,
    read(key) {
      const answer = ask(() => store.read(key));
      return standIn === undefined || !isPromise(answer) ? answer : answer.catch(() => standIn.read(key));
    },
    close: () => store.close?.(),
  };

  function settle(reservation: string, actual: readonly number[]): MaybePromise<void> {
    if (reservation.startsWith(STOOD_IN)) return standIn?.settle(reservation.slice(STOOD_IN.length), actual);
    // Also of an ill one: no call waits for it, and its clients may keep it until they are connected again.
    return store.settle(reservation, actual);
  }

  function ask<T>(question: () => MaybePromise<T>, onLate?: (answer: T) => unknown): MaybePromise<T> {
    if (probeAt !== undefined) {
      probeIfDue(probeAt);
      return Promise.reject(new CountersLeftAlone(meanwhile));
    }
    return answered(question, onLate);
  }

  /** What the store answers in time, counted for or against it. */
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
    probeAt = clock.now() + REST_MS;
    logger?.error({ err: cause }, `the counter store failed ${FAILURES_IN_A_ROW} times in a row: ${meanwhile}`);
  }

  function probeIfDue(due: number): void {
    const left = due - clock.now();
    // A clock that jumped back must not make a short rest a long one (h05).
    if (isProbing || (left > 0 && left <= REST_MS)) return;
    isProbing = true;
    void probe();
  }

  async function probe(): Promise<void> {
    try {
      await answered(() => store.read(PROBE_KEY));
      probeAt = undefined;
      logger?.warn({}, 'the counter store answers again: limits are counted there');
    } catch {
      probeAt = clock.now() + REST_MS;
    } finally {
      isProbing = false;
    }
  }
}

/** Why a store that is known to fail was not asked. */
export class CountersLeftAlone extends Error {
  constructor(meanwhile: string) {
    super(`The counter store is not asked because it failed before: ${meanwhile}.`);
  }
}
