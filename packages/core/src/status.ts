import type { OperationName } from './operation.js';
import type { Via } from './principal.js';

/** What a gateway does at the moment, as this process sees it: for an operator's page, metrics and health checks. */
export interface GatewayStatus {
  /** Of every deployment in the configuration, in its order. */
  readonly deployments: readonly DeploymentStatus[];
  /** The calls in progress, the oldest first. */
  readonly calls: readonly OpenCallStatus[];
  /** Usage records on their way to the sink that is furthest behind. */
  readonly pendingRecords: number;
  readonly isClosing: boolean;
  /** When the gateway was created, milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface DeploymentStatus {
  readonly id: string;
  /** The model groups that it belongs to. */
  readonly groups: readonly string[];
  readonly provider: string;
  /** The vendor's name of the model. */
  readonly model: string;
  /**
   * - `available`: it is asked.
   * - `cooldown`: it has failed and is not asked until `returnsAt`.
   * - `trial`: its cooldown is over, and the next call decides whether it works again.
   * - `full`: its limits have no room until `returnsAt`.
   */
  readonly state: 'available' | 'cooldown' | 'trial' | 'full';
  /** Milliseconds since the epoch; undefined if it is asked now. */
  readonly returnsAt: number | undefined;
  readonly failuresInARow: number;
  /** Attempts in progress. */
  readonly inFlight: number;
  /** In the current minute, if it has limits or its load is watched. */
  readonly requestsInMinute: number;
  readonly tokensInMinute: number;
  /** Recent average until the first content of a stream, in milliseconds; undefined before the first. */
  readonly firstContentMs: number | undefined;
  /** Recent average until the end of a whole answer, in milliseconds; undefined before the first. */
  readonly wholeMs: number | undefined;
}

export interface OpenCallStatus {
  /** The request id; `gateway.cancelCall(id)` ends the call. */
  readonly id: string;
  readonly operation: OperationName;
  /** Id of the principal. */
  readonly principal: string;
  readonly team: string | undefined;
  readonly via: Via;
  /** The requested model group. */
  readonly model: string;
  readonly stream: boolean;
  readonly startedAt: number;
  /** Upstream requests so far. */
  readonly attempts: number;
  /** The latest deployment that was asked; undefined before the first. */
  readonly deployment: string | undefined;
  /** When the first content of the latest attempt arrived. */
  readonly firstContentAt: number | undefined;
}
