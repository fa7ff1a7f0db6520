import type { Attempt } from '../call.js';
import type { FailureKind } from '../errors.js';
import type { OperationName } from '../operation.js';
import type { Principal, Via } from '../principal.js';
import type { Scope } from '../stores/scope.js';
import type { Usage } from './usage.js';

/**
 * How a call ended. `incomplete`: the upstream was interrupted after content was sent; `client_gone`: the client
 * disconnected first.
 */
export type Outcome = 'ok' | 'failed' | 'incomplete' | 'client_gone';

/** The durable record for billing: exactly one for every admitted call, however it ended (R-SP-2). */
export interface UsageRecord {
  /** Unique and stable: the idempotency key for everything downstream. */
  readonly id: string;
  readonly operation: OperationName;
  readonly principal: Principal;
  readonly via: Via;
  /** The requested model group. */
  readonly requestedModel: string;
  /** The deployment that answered, or of the last attempt; undefined if there was none. */
  readonly deployment: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly outcome: Outcome;
  readonly failure: FailureKind | undefined;
  /** The code of the failure, as the client received it. */
  readonly errorCode?: string | undefined;
  /** The tags of the call: those of its principal and of the request. Absent without any. */
  readonly tags?: readonly string[] | undefined;
  /** What it was counted under besides what its principal and its tags say: the accounts above those. Absent without accounts. */
  readonly scopes?: readonly Scope[] | undefined;
  readonly usage: Usage;
  /** Integer nano-dollars; undefined if the price is unknown, never zero for that reason (R-SP-5). */
  readonly costNanoUsd: number | undefined;
  readonly priceVersion: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly firstContentAt: number | undefined;
  readonly endedAt: number;
  readonly attempts: readonly Readonly<Attempt>[];
  readonly warnings: readonly string[];
}
