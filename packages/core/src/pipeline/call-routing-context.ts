import type { CallAccount } from '../accounts/call-account.js';
import type { ReserveCapacity } from '../accounts/reserve-capacity.js';
import type { AttemptAccount, AttemptObserver, Reservation } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import type { MaybePromise } from '../encoding/json.js';
import { mayUseModel } from '../identity/access.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import type { RateLimits } from '../principal.js';
import { mayServe } from '../routing/candidate-sets.js';
import type { Answered, AttemptRunner, RoutingContext } from '../routing/route-scope.js';
import { findDeployment, type RouteTable } from '../routing/route-table.js';
import type { CounterKey } from '../usage/counter-key.js';

/** What routing needs for all calls alike. */
export interface RoutingDeps
  extends Pick<RoutingContext<never>, 'candidateSets' | 'health' | 'clock' | 'random' | 'maxWaitMs' | 'priceOf'> {
  readonly table: RouteTable;
  readonly reserveCapacity: ReserveCapacity;
}

/**
 * What routing needs to get one call answered. A class, because every call creates one: building the object with
 * spread syntax costs as much as the rest of routing.
 */
export class CallRoutingContext<Given extends Answered> implements RoutingContext<Given> {
  readonly call: Call;
  readonly candidateSets: RoutingDeps['candidateSets'];
  readonly health: RoutingDeps['health'];
  readonly clock: RoutingDeps['clock'];
  readonly random: RoutingDeps['random'];
  readonly maxWaitMs: number;
  readonly ask: AttemptRunner<Given>['ask'];
  readonly discard: AttemptRunner<Given>['discard'];
  readonly #routingDeps: RoutingDeps;
  readonly #account: CallAccount;

  constructor(call: Call, account: CallAccount, routingDeps: RoutingDeps, { ask, discard }: AttemptRunner<Given>) {
    this.call = call;
    this.candidateSets = routingDeps.candidateSets;
    this.health = routingDeps.health;
    this.clock = routingDeps.clock;
    this.random = routingDeps.random;
    this.maxWaitMs = routingDeps.maxWaitMs;
    this.ask = ask;
    this.discard = discard;
    this.#routingDeps = routingDeps;
    this.#account = account;
  }

  find(name: string): ModelGroup | undefined {
    return this.#routingDeps.table.find(name);
  }

  mayUse(group: ModelGroup): boolean {
    return mayUseModel(this.call.principal, group.name);
  }

  canServe(group: ModelGroup): boolean {
    return canServe(group, this.call, this.#routingDeps.table);
  }

  priceOf(deployment: Deployment): number | undefined {
    return this.#routingDeps.priceOf(deployment);
  }

  beginAttempt(
    deployment: Deployment,
    group: string,
    observer: AttemptObserver,
    reservation: Reservation | undefined,
  ): AttemptAccount {
    return this.#account.beginAttempt(deployment, group, observer, reservation);
  }

  reserve(key: CounterKey, limits: RateLimits, deployment: Deployment | undefined): ReturnType<ReserveCapacity> {
    return this.#routingDeps.reserveCapacity(key, limits, this.call, deployment);
  }

  keepReservation(reservation: Reservation, answer: Given): void {
    this.#account.holdFor(answer.attempt, reservation);
  }

  reserveExtra(): MaybePromise<boolean> {
    return this.#account.reserveExtra();
  }
}

/** Whether any deployment that a group refers to supports the call's operation. */
export function canServe(group: ModelGroup, call: Call<unknown, Operation>, table: RouteTable): boolean {
  return findDeployment(group, table, (deployment) => mayServe(deployment, call)) !== undefined;
}
