import type { Attempt } from './call.js';
import type { OperationName } from './operation.js';
import type { Principal, Via } from './principal.js';
import type { UsageRecord } from './usage-record.js';

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

/**
 * Watches. Runs in the host's own async context, off the path of the answer; what it throws is logged once per observer
 * and forgotten.
 */
export interface Observer {
  readonly name?: string;
  /** Admitted, nothing sent yet. */
  callStarted?(call: CallSnapshot): void | Promise<void>;
  /** One upstream request ended, well or not. */
  attemptEnded?(call: CallSnapshot, attempt: Readonly<Attempt>): void | Promise<void>;
  /** The call ended; the same record goes to the sinks. */
  callEnded?(record: UsageRecord): void | Promise<void>;
}
