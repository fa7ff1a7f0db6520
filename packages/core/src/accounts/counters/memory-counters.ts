import type { Clock } from '../../clock.js';
import type { CounterRequest, CounterStore } from '../../store.js';

/**
 * Counters in this process: atomic because nothing here is asynchronous. Expired leases and counters are removed
 * during later calls, so there are no timers and no growth.
 */
export function memoryCounters(clock: Clock): CounterStore {
  const counters = new Map<string, Counter>();
  const leases = new LeaseList();
  let nextLeaseEnd = Number.POSITIVE_INFINITY;
  let sweep = counters.values();

  function counterOf(request: CounterRequest, now: number): Counter {
    const known = counters.get(request.key);
    if (known !== undefined && !isOver(known, now)) return known;
    // Two are checked for each that is added: all of them get checked in time, and no single call checks all.
    dropNextIfIdle(now);
    dropNextIfIdle(now);
    // Leases of the previous period keep the old counter, so that settling them does not change the new one.
    const counter: Counter = { key: request.key, resetsAt: request.resetsAt, used: 0, reserved: 0, leases: 0 };
    counters.set(request.key, counter);
    return counter;
  }

  function dropNextIfIdle(now: number): void {
    const { done, value } = sweep.next();
    if (done) sweep = counters.values();
    else if (value.leases === 0 && (value.used === 0 || isOver(value, now))) counters.delete(value.key);
  }

  // `nextLeaseEnd` is never later than the first end, so the loop over all leases is rare: calls settle long before.
  function endLeases(now: number): void {
    if (now < nextLeaseEnd) return;
    nextLeaseEnd = Number.POSITIVE_INFINITY;
    for (const lease of leases.all()) {
      if (now >= lease.endsAt) {
        leases.take(lease.reservation);
        giveBack(lease.counters, lease.requests);
      } else nextLeaseEnd = Math.min(nextLeaseEnd, lease.endsAt);
    }
  }

  return {
    reserve(requests, leaseMs) {
      const now = clock.now();
      endLeases(now);
      const acquired: Counter[] = [];
      for (let index = 0; index < requests.length; index++) {
        const request = requests[index] as CounterRequest;
        const counter = counterOf(request, now);
        // Written so that a limit of NaN rejects calls instead of allowing all.
        if (!(counter.used + counter.reserved + request.amount <= request.limit)) {
          giveBack(acquired, requests);
          const remaining = requests.map((each) => roomIn(counters.get(each.key), each, now));
          return { ok: false, refused: index, remaining };
        }
        counter.reserved += request.amount;
        // At once, or the next counter that is added could remove this one.
        counter.leases += 1;
        acquired.push(counter);
      }
      const remaining: number[] = [];
      for (let index = 0; index < acquired.length; index++) {
        remaining.push(roomIn(acquired[index], requests[index] as CounterRequest, now));
      }
      const endsAt = now + leaseMs;
      if (endsAt < nextLeaseEnd) nextLeaseEnd = endsAt;
      return { ok: true, reservation: leases.add(acquired, requests, endsAt), remaining };
    },

    settle(reservation, actual) {
      endLeases(clock.now());
      const lease = leases.take(reservation);
      if (lease === undefined) return;
      giveBack(lease.counters, lease.requests);
      for (let index = 0; index < lease.counters.length; index++) {
        (lease.counters[index] as Counter).used += actual[index] ?? 0;
      }
    },

    read(key) {
      const now = clock.now();
      endLeases(now);
      const counter = counters.get(key);
      if (counter === undefined || isOver(counter, now)) return { used: 0, reserved: 0 };
      return { used: counter.used, reserved: counter.reserved };
    },
  };
}

interface Counter {
  readonly key: string;
  readonly resetsAt: number | undefined;
  used: number;
  reserved: number;
  /** The number of leases on it; it is not removed while there are any, or their settlement would be lost. */
  leases: number;
}

interface Lease {
  readonly reservation: string;
  readonly counters: readonly Counter[];
  readonly requests: readonly CounterRequest[];
  readonly endsAt: number;
}

/**
 * The leases, in slots that are used again. Not a Map: V8 chains the tables of a busy Map, so that an old one keeps
 * later leases in memory until the next full collection.
 */
class LeaseList {
  readonly #places: (Lease | undefined)[] = [];
  readonly #free: number[] = [];
  #made = 0;

  /** The name of the reservation: its number, and its slot. */
  add(counters: readonly Counter[], requests: readonly CounterRequest[], endsAt: number): string {
    const place = this.#free.pop() ?? this.#places.length;
    this.#made += 1;
    const reservation = `${this.#made}.${place}`;
    this.#places[place] = { reservation, counters, requests, endsAt };
    return reservation;
  }

  /** Removes and returns the lease of that name; undefined if it was removed before. */
  take(reservation: string): Lease | undefined {
    const place = Number(reservation.slice(reservation.indexOf('.') + 1));
    const lease = this.#places[place];
    if (lease?.reservation !== reservation) return undefined;
    this.#places[place] = undefined;
    this.#free.push(place);
    return lease;
  }

  all(): Lease[] {
    return this.#places.filter((lease) => lease !== undefined);
  }
}

function isOver(counter: Counter, now: number): boolean {
  return counter.resetsAt !== undefined && now >= counter.resetsAt;
}

function roomIn(counter: Counter | undefined, request: CounterRequest, now: number): number {
  if (counter === undefined || isOver(counter, now)) return Math.max(0, request.limit);
  return Math.max(0, request.limit - counter.used - counter.reserved);
}

function giveBack(acquired: readonly Counter[], requests: readonly CounterRequest[]): void {
  for (let index = 0; index < acquired.length; index++) {
    const counter = acquired[index] as Counter;
    counter.reserved -= (requests[index] as CounterRequest).amount;
    counter.leases -= 1;
  }
}
