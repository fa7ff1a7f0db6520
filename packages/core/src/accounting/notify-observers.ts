import type { Attempt } from '../call.js';
import { isPromise } from '../json.js';
import type { Logger } from '../logger.js';
import type { CallSnapshot, Observer } from '../observer.js';
import type { UsageRecord } from '../usage-record.js';

/** All observers as one. None of its functions throws or waits. */
export interface Observers {
  /** False where there are none, so that nobody need make a snapshot. */
  readonly any: boolean;
  callStarted(call: CallSnapshot): void;
  attemptEnded(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  callEnded(record: UsageRecord): void;
}

/** Joins the observers. What one throws or rejects with is logged the first time and forgotten (h01). */
export function openObservers(observers: readonly Observer[], logger: Logger | undefined): Observers {
  const starts = observers.filter((observer) => observer.callStarted !== undefined);
  const attempts = observers.filter((observer) => observer.attemptEnded !== undefined);
  const ends = observers.filter((observer) => observer.callEnded !== undefined);
  const failed = new Set<Observer>();

  function tell(observer: Observer, run: () => void | Promise<void>): void {
    try {
      const done = run();
      // Nothing is kept of a promise that never settles.
      if (isPromise(done)) done.then(undefined, (cause: unknown) => forget(observer, cause));
    } catch (cause) {
      forget(observer, cause);
    }
  }

  function forget(observer: Observer, cause: unknown): void {
    if (failed.has(observer)) return;
    failed.add(observer);
    const name = observer.name ?? `observers[${observers.indexOf(observer)}]`;
    logger?.warn({ err: cause, observer: name }, 'An observer failed. It is still called, but not logged again.');
  }

  return {
    any: observers.length > 0,
    callStarted(call) {
      for (const observer of starts) tell(observer, () => observer.callStarted?.(call));
    },
    attemptEnded(call, attempt) {
      for (const observer of attempts) tell(observer, () => observer.attemptEnded?.(call, attempt));
    },
    callEnded(record) {
      for (const observer of ends) tell(observer, () => observer.callEnded?.(record));
    },
  };
}
