import type { MaybePromise } from './json.js';

/**
 * Atomic, shared, short-lived counters. `reserve` is all-or-nothing over every limit of a call: with N processes on one
 * store no limit is ever exceeded. `settle` replaces the reservation by what was really used, exactly once. A lease that
 * is not settled in time is given back, so that a crash holds money for ever nowhere.
 */
export interface CounterStore {
  reserve(requests: readonly CounterRequest[], leaseMs: number): MaybePromise<ReserveAnswer>;
  /** `actual[i]` replaces what `requests[i]` reserved. Settling twice, or after the lease ended, changes nothing but is safe. */
  settle(reservation: string, actual: readonly number[]): MaybePromise<void>;
  /** What stands in a counter now, without changing it. */
  read(key: string): MaybePromise<{ readonly used: number; readonly reserved: number }>;
  close?(): MaybePromise<void>;
}

/** One limit that a call must fit into. Amounts are integers: requests, tokens or nano-dollars. */
export interface CounterRequest {
  readonly key: string;
  readonly amount: number;
  readonly limit: number;
  /** When the counter starts anew, milliseconds since the epoch; undefined for one that never does (a total, calls at a time). */
  readonly resetsAt: number | undefined;
}

export type ReserveAnswer =
  | { readonly ok: true; readonly reservation: string; readonly remaining: readonly number[] }
  | {
      readonly ok: false /** Index of the first limit that has no room. */;
      readonly refused: number;
      readonly remaining: readonly number[];
    };

/**
 * Tells the instances of a gateway which deployments rest, so that one's discovery spares the others theirs. Best effort:
 * an instance that hears nothing finds out by itself, and no call waits for this store.
 */
export interface CooldownStore {
  /** A deployment rests until then, milliseconds since the epoch; of several moments the latest counts. */
  rest(deployment: string, until: number): MaybePromise<void>;
  /** Calls back for every rest there is, and for each that begins from now on. Answers how to stop. */
  watch(onRest: (deployment: string, until: number) => void): MaybePromise<() => void>;
  close?(): MaybePromise<void>;
}
