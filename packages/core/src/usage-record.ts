import type { Attempt } from './call.js';
import type { FailureKind } from './errors.js';
import type { OperationName } from './operation.js';
import type { Principal, Via } from './principal.js';
import type { Usage } from './usage.js';

/** How a call ended. `incomplete`: the upstream broke off after content was sent; `client_gone`: the client left first. */
export type Outcome = 'ok' | 'failed' | 'incomplete' | 'client_gone';

/** The durable line for billing: exactly one for every admitted call, whatever its end (R-SP-2). */
export interface UsageRecord {
  /** Unique and stable: the idempotency key for everything downstream. */
  readonly id: string;
  readonly operation: OperationName;
  readonly principal: Principal;
  readonly via: Via;
  /** The model group asked for. */
  readonly requestedModel: string;
  /** Who answered, or was asked last; undefined if nobody was asked. */
  readonly deployment: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly outcome: Outcome;
  readonly failure: FailureKind | undefined;
  readonly usage: Usage;
  /** Integer nano-dollars; undefined where the price is unknown, never zero for that reason (R-SP-5). */
  readonly costNanoUsd: number | undefined;
  readonly priceVersion: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly firstContentAt: number | undefined;
  readonly endedAt: number;
  readonly attempts: readonly Readonly<Attempt>[];
  readonly warnings: readonly string[];
}
