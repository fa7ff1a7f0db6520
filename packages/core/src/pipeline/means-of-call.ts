import type { CallAccount } from '../accounting/call-account.js';
import type { AttemptAccount, AttemptObserver, Reservation } from '../attempt-account.js';
import type { Attempt, Call } from '../call.js';
import type { CounterKey } from '../counter-key.js';
import type { Deployment } from '../deployment.js';
import { mayUseModel } from '../governance/access.js';
import type { ReserveRoom } from '../governance/reserve-room.js';
import type { MaybePromise } from '../json.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import type { RateLimits } from '../principal.js';
import { mayServe } from '../routing/lanes.js';
import { findDeployment, type RouteTable } from '../routing/route-table.js';
import type { RouteMeans } from '../routing/trip.js';

/** What routing needs that is the same for all calls. */
export interface HouseMeans
  extends Pick<RouteMeans<never>, 'lanes' | 'health' | 'clock' | 'random' | 'maxWaitMs' | 'priceOf'> {
  readonly table: RouteTable;
  readonly reserveRoom: ReserveRoom;
}

/** What was given, and by which attempt. */
export interface Answered {
  readonly attempt: Attempt;
}

/** How deployments are asked, and what becomes of an answer that came too late. */
export type Asking<Given> = Pick<RouteMeans<Given>, 'ask' | 'discard'>;

/**
 * What routing needs to get one call answered. A class, since every call makes one: an object put together of others with
 * spread syntax costs as much as all the rest of the road.
 */
export class MeansOfCall<Given extends Answered> implements RouteMeans<Given> {
  readonly call: Call;
  readonly lanes: HouseMeans['lanes'];
  readonly health: HouseMeans['health'];
  readonly clock: HouseMeans['clock'];
  readonly random: HouseMeans['random'];
  readonly maxWaitMs: number;
  readonly ask: Asking<Given>['ask'];
  readonly discard: Asking<Given>['discard'];
  readonly #house: HouseMeans;
  readonly #account: CallAccount;

  constructor(call: Call, account: CallAccount, house: HouseMeans, { ask, discard }: Asking<Given>) {
    this.call = call;
    this.lanes = house.lanes;
    this.health = house.health;
    this.clock = house.clock;
    this.random = house.random;
    this.maxWaitMs = house.maxWaitMs;
    this.ask = ask;
    this.discard = discard;
    this.#house = house;
    this.#account = account;
  }

  find(name: string): ModelGroup | undefined {
    return this.#house.table.find(name);
  }

  mayUse(group: ModelGroup): boolean {
    return mayUseModel(this.call.principal, group.name);
  }

  canServe(group: ModelGroup): boolean {
    return canServe(group, this.call, this.#house.table);
  }

  priceOf(deployment: Deployment): number | undefined {
    return this.#house.priceOf(deployment);
  }

  beginAttempt(
    deployment: Deployment,
    group: string,
    observer: AttemptObserver,
    reservation: Reservation | undefined,
  ): AttemptAccount {
    return this.#account.beginAttempt(deployment, group, observer, reservation);
  }

  reserve(key: CounterKey, limits: RateLimits, deployment: Deployment | undefined): ReturnType<ReserveRoom> {
    return this.#house.reserveRoom(key, limits, this.call, deployment);
  }

  keep(reservation: Reservation, answer: Given): void {
    this.#account.holdFor(answer.attempt, reservation);
  }

  reserveExtra(): MaybePromise<boolean> {
    return this.#account.reserveExtra();
  }
}

/** Whether anybody to whom a group leads can be asked for the call's operation. */
export function canServe(group: ModelGroup, call: Call<unknown, Operation>, table: RouteTable): boolean {
  return findDeployment(group, table, (deployment) => mayServe(deployment, call)) !== undefined;
}
