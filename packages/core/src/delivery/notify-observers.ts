import type { Attempt } from '../call.js';
import { isPromise } from '../encoding/json.js';
import type { BudgetWarning, CallSnapshot, Observer, Refusal } from '../hooks/observer.js';
import type { Logger } from '../logger.js';
import type { UsageRecord } from '../usage/usage-record.js';

/** All observers as one. None of its functions throws or waits. */
export interface Observers {
  /** False if there are none: then no snapshot is needed. */
  readonly any: boolean;
  callStarted(call: CallSnapshot): void;
  callRefused(refusal: Refusal): void;
  attemptStarted(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  firstContent(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  attemptEnded(call: CallSnapshot, attempt: Readonly<Attempt>): void;
  budgetReached(warning: BudgetWarning): void;
  callEnded(record: UsageRecord): void;
}

/** Combines the observers. The first failure of each one is logged, later ones are not. */
export function createObservers(observers: readonly Observer[], logger: Logger | undefined): Observers {
  const having = (hook: keyof Observer) => observers.filter((observer) => observer[hook] !== undefined);
  const starts = having('callStarted');
  const refusals = having('callRefused');
  const attemptStarts = having('attemptStarted');
  const contents = having('firstContent');
  const attempts = having('attemptEnded');
  const budgets = having('budgetReached');
  const ends = having('callEnded');
  const failed = new Set<Observer>();

  function notify(observer: Observer, run: () => void | Promise<void>): void {
    try {
      const done = run();
      // A promise that never settles is not kept.
      if (isPromise(done)) done.then(undefined, (cause: unknown) => forget(observer, cause));
    } catch (cause) {
      forget(observer, cause);
    }
  }

  function forget(observer: Observer, cause: unknown): void {
    if (failed.has(observer)) return;
    failed.add(observer);
    const name = observer.name ?? `observers[${observers.indexOf(observer)}]`;
    logger?.warn(
      { err: cause, observer: name },
      'An observer failed. It is still called, but its next failures are not logged.',
    );
  }

  return {
    any: observers.length > 0,
    callStarted(call) {
      for (const observer of starts) notify(observer, () => observer.callStarted?.(call));
    },
    callRefused(refusal) {
      for (const observer of refusals) notify(observer, () => observer.callRefused?.(refusal));
    },
    attemptStarted(call, attempt) {
      for (const observer of attemptStarts) notify(observer, () => observer.attemptStarted?.(call, attempt));
    },
    firstContent(call, attempt) {
      for (const observer of contents) notify(observer, () => observer.firstContent?.(call, attempt));
    },
    attemptEnded(call, attempt) {
      for (const observer of attempts) notify(observer, () => observer.attemptEnded?.(call, attempt));
    },
    budgetReached(warning) {
      for (const observer of budgets) notify(observer, () => observer.budgetReached?.(warning));
    },
    callEnded(record) {
      for (const observer of ends) notify(observer, () => observer.callEnded?.(record));
    },
  };
}
