import type { MaybePromise } from '@portico/core';
import type { AccountStore, KeyStore, OutboxStore, UsageStore } from '@portico/core/store';
import type { FakeClock } from '@portico/testing';

/** Empty stores to be proven, and the time they live in. */
export interface StoreSubject {
  readonly keys: KeyStore;
  readonly accounts: AccountStore;
  readonly usage: UsageStore;
  readonly outbox: OutboxStore;
  readonly clock: FakeClock;
  /** Resolves when all changes that were made have been told to whoever watches keys, or accounts. */
  changesTold(of: 'keys' | 'accounts'): MaybePromise<void>;
}

export type OpenStores = () => MaybePromise<StoreSubject>;
