import type { Attempt } from './call.js';
import type { Deployment } from './deployment.js';
import type { GatewayError } from './errors.js';
import type { HeaderLookup } from './transport.js';
import type { Usage } from './usage/usage.js';

/**
 * How one upstream request ended.
 * - `ok`: its answer is complete.
 * - `failed`: it failed before it answered.
 * - `incomplete`: it broke off during its answer.
 * - `resumed`: it broke off, and another attempt continues its answer.
 * - `client_gone`: the client disconnected, or the call was cancelled.
 * - `superseded`: another attempt was faster.
 */
export type AttemptResult = 'ok' | 'failed' | 'incomplete' | 'resumed' | 'client_gone' | 'superseded';

export interface AttemptEnd {
  readonly result: AttemptResult;
  /** Why, unless it is `ok`. */
  readonly failure?: GatewayError | undefined;
  /** What it used; undefined where it used nothing. */
  readonly usage?: Usage | undefined;
  /** Its cost in nano-dollars where that is not what the usage costs; `unknown` where no price applies. */
  readonly costNanoUsd?: number | 'unknown' | undefined;
  /** It says nothing about how well the deployment works. */
  readonly isInconclusive?: boolean;
  /** It was charged as it went: nothing is left to settle. */
  readonly isCharged?: boolean;
}

/** Something that was reserved under a limit. Settling it again does nothing. */
export interface Reservation {
  /** With what was used of it; undefined: nothing. */
  settle(usage: Usage | undefined): void;
}

/** The state of a deployment, which learns from each attempt how it went. */
export interface AttemptObserver {
  headArrived(headers: HeaderLookup): void;
  firstContent(): void;
  ended(end: AttemptEnd): void;
}

/** The account of one upstream request: what it used and how it ended. It is ended exactly once, by whoever is first. */
export interface AttemptAccount {
  readonly record: Attempt;
  readonly deployment: Deployment;
  readonly hasEnded: boolean;
  /** The head of the answer is here. */
  headArrived(headers: HeaderLookup): void;
  /** The first content of a stream is here. */
  firstContent(): void;
  /** From now on this says what the attempt has used: it is billed with that if it is not chosen. */
  measureBy(usage: () => Usage): void;
  /** Ends it. Only the first call counts, except that a complete answer can still lose to another attempt. */
  end(end: AttemptEnd): void;
}
