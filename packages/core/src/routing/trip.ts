import type { AttemptAccount, AttemptObserver, Reservation } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { CounterKey } from '../counter-key.js';
import type { Deployment } from '../deployment.js';
import type { MaybePromise } from '../json.js';
import type { ModelGroup, RetryPolicy } from '../model-group.js';
import type { RateLimits } from '../principal.js';
import type { Health } from './health.js';
import type { Lanes } from './lanes.js';

/** What routing needs of the rest of the house to get one call answered. */
export interface RouteMeans<Answer> {
  readonly call: Call;
  readonly lanes: Lanes;
  readonly health: Health;
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest wait for a resting deployment when all of them rest. */
  readonly maxWaitMs: number;
  /** A group by its name. */
  find(name: string): ModelGroup | undefined;
  /** Whether the caller may use a group: asked of every group that the call may end in. */
  mayUse(group: ModelGroup): boolean;
  /** Whether anybody in a group can be asked for the call's operation. */
  canServe(group: ModelGroup): boolean;
  /** What a deployment costs, to compare by. */
  priceOf(deployment: Deployment): number | undefined;
  /** Begins the account of one attempt. `reservation` is settled when it ends. */
  beginAttempt(
    deployment: Deployment,
    group: string,
    observer: AttemptObserver,
    reservation: Reservation | undefined,
  ): AttemptAccount;
  /** Asks one deployment once. Ends the attempt if it succeeds; where it rejects, whoever asked ends it. */
  ask(attempt: AttemptAccount, trip: Trip): Promise<Answer>;
  /** An answer that came too late: nobody will read it. */
  discard(answer: Answer): void;
  /** Reserves room under limits that are not the caller's: a deployment's, a node's. */
  reserve(key: CounterKey, limits: RateLimits, deployment: Deployment | undefined): MaybePromise<Reservation | NoRoom>;
  /** Keeps what was reserved for a node until the attempt that answered below it has ended. */
  keep(reservation: Reservation, answer: Answer): void;
  /** Reserves once more what the call may cost, for a second attempt beside the first; false if there is no room for it. */
  reserveExtra(): MaybePromise<boolean>;
}

/** There is room again then, milliseconds since the epoch; undefined if this call can never fit. */
interface NoRoom {
  readonly fullUntil: number | undefined;
}

/** One way through the tree: what holds for the attempts made on it. */
export interface Trip {
  readonly group: ModelGroup;
  readonly cancellation: Cancellation;
  /** Milliseconds since the epoch at which it must have led somewhere. */
  readonly endsAt: number;
  readonly retries: RetryPolicy;
  /** Nobody comes after: then it is worth to wait. */
  readonly isLastHope: boolean;
  /** Groups that were asked already. */
  readonly seen: Set<string>;
  /** Whether a deployment may take up what another one began; undefined where nobody has begun. */
  readonly mayTakeUp: ((deployment: Deployment) => boolean) | undefined;
}
