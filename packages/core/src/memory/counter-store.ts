import type { Clock } from '../clock.js';
import type { CounterRequest, CounterStore } from '../store.js';

/**
 * Counters in this process: atomic because nothing here waits. Leases and counters whose time is over are cleared in
 * passing, by calls that come later, so there are no timers and no growth.
 */
export function memoryCounters(clock: Clock): CounterStore {
  const counters = new Map<string, Counter>();
  const leases = new Map<string, Lease>();
  let made = 0;
  let nextLeaseEnd = Number.POSITIVE_INFINITY;
  let sweep = counters.entries();

  function counterOf(key: string, resetsAt: number | undefined, now: number): Counter {
    const known = counters.get(key);
    if (known !== undefined && !isOver(known, now)) return known;
    // Leases of the period that is over keep the old counter, so that settling them does not reach into this one.
    const counter: Counter = { used: 0, reserved: 0, leases: 0, resetsAt };
    counters.set(key, counter);
    return counter;
  }

  // `nextLeaseEnd` is never later than the first end, so the walk over all leases is rare: calls settle long before.
  function endLeases(now: number): void {
    if (now < nextLeaseEnd) return;
    nextLeaseEnd = Number.POSITIVE_INFINITY;
    for (const [id, lease] of leases) {
      if (now >= lease.endsAt) {
        giveBack(lease);
        leases.delete(id);
      } else nextLeaseEnd = Math.min(nextLeaseEnd, lease.endsAt);
    }
  }

  // Looks at twice as many counters as a call can have added: all are seen in time, and no call pays for all.
  function dropIdle(added: number, now: number): void {
    for (let looked = 0; looked < 2 * added; looked++) {
      const { done, value } = sweep.next();
      if (done) {
        sweep = counters.entries();
        return;
      }
      const [key, counter] = value;
      if (counter.leases > 0) continue;
      if (isOver(counter, now) || counter.used === 0) counters.delete(key);
    }
  }

  return {
    reserve(requests, leaseMs) {
      const now = clock.now();
      endLeases(now);
      const held: Counter[] = [];
      for (const [index, request] of requests.entries()) {
        const counter = counterOf(request.key, request.resetsAt, now);
        // Written so that a limit that is no number refuses instead of letting everything pass.
        if (!(counter.used + counter.reserved + request.amount <= request.limit)) {
          giveBack({ counters: held, requests, endsAt: 0 });
          const remaining = requests.map((each) => roomIn(counterOf(each.key, each.resetsAt, now), each));
          dropIdle(requests.length, now);
          return { ok: false, refused: index, remaining };
        }
        counter.reserved += request.amount;
        counter.leases += 1;
        held.push(counter);
      }
      const remaining = requests.map((request, index) => roomIn(held[index] as Counter, request));
      made += 1;
      const reservation = String(made);
      const endsAt = now + leaseMs;
      leases.set(reservation, { counters: held, requests, endsAt });
      nextLeaseEnd = Math.min(nextLeaseEnd, endsAt);
      dropIdle(requests.length, now);
      return { ok: true, reservation, remaining };
    },

    settle(reservation, actual) {
      endLeases(clock.now());
      const lease = leases.get(reservation);
      if (lease === undefined) return;
      leases.delete(reservation);
      giveBack(lease);
      for (const [index, counter] of lease.counters.entries()) counter.used += actual[index] ?? 0;
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
  used: number;
  reserved: number;
  /** How many leases hold it; it is not dropped while there are any, or their settlement would be lost. */
  leases: number;
  readonly resetsAt: number | undefined;
}

interface Lease {
  readonly counters: readonly Counter[];
  readonly requests: readonly CounterRequest[];
  readonly endsAt: number;
}

function isOver(counter: Counter, now: number): boolean {
  return counter.resetsAt !== undefined && now >= counter.resetsAt;
}

function roomIn(counter: Counter, request: CounterRequest): number {
  return Math.max(0, request.limit - counter.used - counter.reserved);
}

function giveBack(lease: Lease): void {
  for (const [index, counter] of lease.counters.entries()) {
    counter.reserved -= (lease.requests[index] as CounterRequest).amount;
    counter.leases -= 1;
  }
}
