import { memoryCounters } from '../../src/accounts/counters/memory-counters.js';
import type { Clock } from '../../src/clock.js';
import type { CounterRequest, CounterStore } from '../../src/store.js';
import { afterMicrotasks } from './turns.js';

/** Counters that remember every reservation and how often and with what it was settled. */
export function countingStore(clock: Clock, late: number) {
  const inner = memoryCounters(clock);
  const reservations = new Map<
    string,
    { readonly requests: readonly CounterRequest[]; settled: (readonly number[])[] }
  >();
  const keys = new Set<string>();
  const later = <T>(ask: () => T): T | Promise<T> =>
    late < 0 ? ask() : new Promise<T>((resolve) => afterMicrotasks(late, () => resolve(ask())));
  const store: CounterStore = {
    reserve: (requests, leaseMs) =>
      later(() => {
        for (const { key } of requests) keys.add(key);
        const answer = inner.reserve(requests, leaseMs);
        if (!('then' in answer) && answer.ok) reservations.set(answer.reservation, { requests, settled: [] });
        return answer;
      }) as ReturnType<CounterStore['reserve']>,
    settle: (reservation, actual) =>
      later(() => {
        reservations.get(reservation)?.settled.push(actual);
        return inner.settle(reservation, actual);
      }) as ReturnType<CounterStore['settle']>,
    read: (key) => inner.read(key),
  };
  return {
    store,
    /** Reservations that were not settled exactly once, by their first key. */
    unsettled: () =>
      [...reservations.values()]
        .filter(({ settled }) => settled.length !== 1)
        .map(
          ({ requests, settled }) => `${requests[0]?.key ?? 'an empty reservation'} settled ${settled.length} times`,
        ),
    /** All that is still reserved. */
    reserved: () =>
      [...keys].flatMap((key) => {
        const counter = inner.read(key) as { reserved: number };
        return counter.reserved === 0 ? [] : [`${key}: ${counter.reserved}`];
      }),
    /** The sum of what was settled under keys of a kind for a principal. */
    spent: (kind: 'tokens' | 'budget', principal: string): number =>
      settledUnder((key) => key.startsWith(`${kind}:`) && key.endsWith(`:principal:${principal}`)),
    /** The sum of what was settled under the budget of the account of a team. */
    spentByTeam: (): number => settledUnder((key) => key.startsWith('account:["budget"') && key.includes('"team"')),
  };

  function settledUnder(isMeant: (key: string) => boolean): number {
    let sum = 0;
    for (const { requests, settled } of reservations.values()) {
      for (const actual of settled) {
        requests.forEach(({ key }, at) => {
          if (isMeant(key)) sum += actual[at] ?? 0;
        });
      }
    }
    return sum;
  }
}
