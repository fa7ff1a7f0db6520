import type { MaybePromise } from './encoding/json.js';

/**
 * Atomic, shared, short-lived counters. `reserve` is all-or-nothing over every limit of a call: with N processes on
 * one store no limit is ever exceeded. `settle` replaces the reservation by the actual usage, exactly once. A lease
 * that is not settled in time is returned, so that a crash blocks money only for a while.
 */
export interface CounterStore {
  reserve(requests: readonly CounterRequest[], leaseMs: number): MaybePromise<ReserveAnswer>;
  /**
   * `actual[i]` replaces what `requests[i]` reserved. Settling twice, or after the lease ended, is safe and changes
   * nothing.
   */
  settle(reservation: string, actual: readonly number[]): MaybePromise<void>;
  /** The current value of a counter, without changing it. */
  read(key: string): MaybePromise<{ readonly used: number; readonly reserved: number }>;
  close?(): MaybePromise<void>;
}

/** One limit of a call. Amounts are integers: requests, tokens or nano-dollars. */
export interface CounterRequest {
  readonly key: string;
  readonly amount: number;
  readonly limit: number;
  /**
   * When the counter is reset, milliseconds since the epoch; undefined for one that never is (a total, concurrent
   * calls).
   */
  readonly resetsAt: number | undefined;
}

export type ReserveAnswer =
  | { readonly ok: true; readonly reservation: string; readonly remaining: readonly number[] }
  | {
      readonly ok: false /** Index of the first limit that was exceeded. */;
      readonly refused: number;
      readonly remaining: readonly number[];
    };

/**
 * Shares cooldowns of deployments among the instances of a gateway, so that one detects a failure for all. Best
 * effort: an instance that gets nothing detects failures itself, and no call waits for this store.
 */
export interface CooldownStore {
  /** A deployment is in cooldown until then, milliseconds since the epoch; of several times the latest counts. */
  coolDown(deployment: string, until: number): MaybePromise<void>;
  /** Calls back for every current cooldown, and for each that begins later. Returns a function that stops it. */
  watch(onCooldown: (deployment: string, until: number) => void): MaybePromise<() => void>;
  close?(): MaybePromise<void>;
}

/**
 * Shares revocations of principals among the instances of a gateway, and keeps them over a restart. Instances exchange how long
 * ago something was, because their clocks may differ.
 */
export interface RevocationStore {
  /** All that a principal was given until now ends: its running calls and its tokens. Kept for `keepMs` milliseconds. */
  revoke(principalId: string, keepMs: number): MaybePromise<void>;
  /**
   * Calls back for every revocation that is kept, with its age in milliseconds, and for each later one. Some may be told twice.
   * Settles once those that are kept were told, with a function that stops it.
   */
  watch(onRevoked: (principalId: string, ageMs: number) => void): MaybePromise<() => void>;
  close?(): MaybePromise<void>;
}
