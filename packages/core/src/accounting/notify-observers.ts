import type { Attempt } from '../call.js';
import { isPromise } from '../json.js';
import type { Logger } from '../logger.js';
import type { CallSnapshot, Observer, Refusal } from '../observer.js';
import type { UsageRecord } from '../usage-record.js';

/** All observers as one. None of its functions throws or waits. */
export interface Observers {
  /** False where there are none, so that nobody need make a snapshot. */
  readonly any: boolean;
  callStarted(call: CallSnapshot): void;
  callRefused(refusal: Refusal): void;
  attemptStarted(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  firstContent(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  attemptEnded(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  callEnded(record: UsageRecord): void;
}

/** Joins the observers. What one throws or rejects with is logged the first time and forgotten (h01). */
export function openObservers(observers: readonly Observer[], logger: Logger | undefined): Observers {
  const having = (hook: keyof Observer) => observers.filter((observer) => observer[hook] !== undefined);
  const starts = having('callStarted');
  const refusals = having('callRefused');
  const attemptStarts = having('attemptStarted');
  const contents = having('firstContent');
  const attempts = having('attemptEnded');
  const ends = having('callEnded');
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
    callRefused(refusal) {
      for (const observer of refusals) tell(observer, () => observer.callRefused?.(refusal));
    },
    attemptStarted(call, attempt) {
      for (const observer of attemptStarts) tell(observer, () => observer.attemptStarted?.(call, attempt));
    },
    firstContent(call, attempt) {
      for (const observer of contents) tell(observer, () => observer.firstContent?.(call, attempt));
    },
    attemptEnded(call, attempt) {
      for (const observer of attempts) tell(observer, () => observer.attemptEnded?.(call, attempt));
    },
    callEnded(record) {
      for (const observer of ends) tell(observer, () => observer.callEnded?.(record));
    },
  };
}
