import { systemClock } from '@portico/core';
import { type CounterRequest, type CounterStore, memoryCounters } from '@portico/core/store';
import { promised } from './promised.js';

/** The memory's counters, and a book of everything that was asked of them. */
export interface WatchedCounters extends CounterStore {
  readonly reservations: readonly Reservation[];
  /** Calls for which a limit had no room. */
  readonly refusals: number;
  /** The most of a counter that was ever used and reserved together. */
  mostOf(key: string): number;
  /** Comes when so many calls have been admitted or refused. */
  decided(calls: number): Promise<void>;
}

interface Reservation {
  readonly requests: readonly CounterRequest[];
  /** What each settlement said; of a call that ended well there is exactly one. */
  readonly settlements: readonly (readonly number[])[];
}

export function watchedCounters(clock = systemClock): WatchedCounters {
  const counters = memoryCounters(clock);
  const book = new Map<string, { requests: readonly CounterRequest[]; settlements: (readonly number[])[] }>();
  const most = new Map<string, number>();
  const waiting: { readonly calls: number; readonly tell: () => void }[] = [];
  let refusals = 0;

  return {
    async reserve(requests, leaseMs) {
      const answer = await counters.reserve(requests, leaseMs);
      if (answer.ok) book.set(answer.reservation, { requests, settlements: [] });
      else refusals += 1;
      for (const { key } of requests) {
        const { used, reserved } = await counters.read(key);
        most.set(key, Math.max(most.get(key) ?? 0, used + reserved));
      }
      for (const { calls, tell } of waiting) if (book.size + refusals >= calls) tell();
      return answer;
    },
    settle(reservation, actual) {
      book.get(reservation)?.settlements.push(actual);
      return counters.settle(reservation, actual);
    },
    read: (key) => counters.read(key),
    get reservations() {
      return [...book.values()];
    },
    get refusals() {
      return refusals;
    },
    mostOf: (key) => most.get(key) ?? 0,
    decided(calls) {
      const enough = promised();
      waiting.push({ calls, tell: enough.keep });
      return enough.kept;
    },
  };
}
