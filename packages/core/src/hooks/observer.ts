import type { Attempt } from '../call.js';
import type { FailureKind } from '../errors.js';
import type { OperationName } from '../operation.js';
import type { BudgetPeriod, Principal, Via } from '../principal.js';
import type { CalendarPeriod } from '../stores/periods.js';
import type { Scope } from '../stores/scope.js';
import type { UsageRecord } from '../usage/usage-record.js';

/** A call as observers see it: enough to log and trace, no body, no credential. */
export interface CallSnapshot {
  readonly id: string;
  readonly operation: OperationName;
  readonly principal: Principal;
  readonly via: Via;
  readonly model: string;
  readonly stream: boolean;
  readonly startedAt: number;
}

/** A request that was refused before it became an admitted call, as far as it was read. */
export interface Refusal {
  /** The request id that the client was given. */
  readonly id: string;
  /** Undefined for a path that is no endpoint. */
  readonly operation: OperationName | undefined;
  /** Undefined where the caller is not known. */
  readonly principal: Principal | undefined;
  /** The model that was asked for; undefined where the body was not read. */
  readonly model: string | undefined;
  readonly failure: FailureKind;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A budget of which much is spent or reserved. */
export interface BudgetWarning {
  readonly scope: Scope;
  readonly per: BudgetPeriod | CalendarPeriod;
  readonly budgetNanoUsd: number;
  /** Spent, and reserved by calls in progress. */
  readonly takenNanoUsd: number;
  /** The share that was reached: one of `warnAt`, or 1. */
  readonly share: number;
  /** When the budget starts anew, milliseconds since the epoch; undefined for one that never does. */
  readonly resetsAt: number | undefined;
  /** The budget only warns: calls go on. */
  readonly isSoft: boolean;
}

/**
 * Watches calls. Runs in the host's own async context, outside the request path. The first failure of each observer
 * is logged, later ones are not.
 */
export interface Observer {
  readonly name?: string;
  /** Admitted; nothing was sent yet. */
  callStarted?(call: CallSnapshot): void | Promise<void>;
  /** One upstream request begins. */
  attemptStarted?(call: CallSnapshot, attempt: Readonly<Attempt>): void | Promise<void>;
  /** The first content of its answer is here; only for streams. */
  firstContent?(call: CallSnapshot, attempt: Readonly<Attempt>): void | Promise<void>;
  /** One upstream request ended, successful or not. */
  attemptEnded?(call: CallSnapshot, attempt: Readonly<Attempt>): void | Promise<void>;
  /** A request was refused before it was admitted: no credential, a broken body, an unknown model, no room in a limit. */
  callRefused?(refusal: Refusal): void | Promise<void>;
  /** A budget of an account has reached one of its `warnAt` shares, or a soft one its end. Reported once per share and period by each instance. */
  budgetReached?(warning: BudgetWarning): void | Promise<void>;
  /** The call ended; the same record goes to the sinks. */
  callEnded?(record: UsageRecord): void | Promise<void>;
}
