import type { AttemptAccount, AttemptObserver, Reservation } from '../attempt-account.js';
import type { Attempt, Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { MaybePromise } from '../encoding/json.js';
import type { ModelGroup, RetryPolicy } from '../model-group.js';
import type { RateLimits } from '../principal.js';
import type { CounterKey } from '../usage/counter-key.js';
import type { CandidateSets } from './candidate-sets.js';
import type { Health } from './health.js';

/** What routing needs from the rest of the gateway to get one call answered. */
export interface RoutingContext<Answer> {
  readonly call: Call;
  readonly candidateSets: CandidateSets;
  readonly health: Health;
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest wait for a deployment if all of them are in cooldown. */
  readonly maxWaitMs: number;
  /** A group by its name. */
  find(name: string): ModelGroup | undefined;
  /** Whether the caller may use a group: checked for every group in which the call may end. */
  mayUse(group: ModelGroup): boolean;
  /** Whether any deployment of a group supports the call's operation. */
  canServe(group: ModelGroup): boolean;
  /** The cost of a deployment, for comparisons. */
  priceOf(deployment: Deployment): number | undefined;
  /** Begins the account of one attempt. `reservation` is settled when it ends. */
  beginAttempt(
    deployment: Deployment,
    group: string,
    observer: AttemptObserver,
    reservation: Reservation | undefined,
  ): AttemptAccount;
  /** Asks one deployment once. Ends the attempt if it succeeds; where it rejects, whoever asked ends it. */
  ask(attempt: AttemptAccount, scope: RouteScope): Promise<Answer>;
  /** An answer that came too late: nobody will read it. */
  discard(answer: Answer): void;
  /** Reserves capacity under limits that are not the caller's: a deployment's, a node's. */
  reserve(
    key: CounterKey,
    limits: RateLimits,
    deployment: Deployment | undefined,
  ): MaybePromise<Reservation | NoCapacity>;
  /** Keeps what was reserved for a node until the attempt that answered below it has ended. */
  keepReservation(reservation: Reservation, answer: Answer): void;
  /**
   * Reserves the possible cost of the call again, for a second parallel attempt; false if the limits do not allow it.
   */
  reserveExtra(): MaybePromise<boolean>;
}

/** When there is capacity again, milliseconds since the epoch; undefined if this call can never fit. */
interface NoCapacity {
  readonly retryAt: number | undefined;
}

/** One path through the tree: the limits of the attempts made on it. */
export interface RouteScope {
  readonly group: ModelGroup;
  readonly cancellation: Cancellation;
  /** Milliseconds since the epoch at which it must have an answer. */
  readonly endsAt: number;
  readonly retries: RetryPolicy;
  /** There are no further fallbacks: then waiting is worthwhile. */
  readonly isLastResort: boolean;
  /** Groups that were already tried. */
  readonly visitedGroups: Set<string>;
  /** Whether a deployment may continue what another one began; undefined if nothing has begun. */
  readonly canResume: ((deployment: Deployment) => boolean) | undefined;
}

/** What was given, and by which attempt. */
export interface Answered {
  readonly attempt: Attempt;
}

/** How attempts are made, and how an answer that comes too late is discarded. */
export type AttemptRunner<Given> = Pick<RoutingContext<Given>, 'ask' | 'discard'>;
