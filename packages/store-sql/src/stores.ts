import type { Clock, Logger } from '@portico/core';
import {
  type AccountStore,
  type CounterHistory,
  type CounterStore,
  counterHistory,
  type KeyStore,
  type OutboxStore,
} from '@portico/core/store';
import { sqlAccounts } from './accounts.js';
import { openChanges } from './changes.js';
import type { SqlConnection } from './connection.js';
import { countersIn, type SqlCounterOptions } from './counters.js';
import { openDatabase } from './database.js';
import { type DurableSink, durableSink } from './durable-sink.js';
import { sqlKeys } from './keys.js';
import { type MigrationResult, migrate } from './migrations.js';
import { sqlOutbox } from './outbox.js';
import { type SqlUsageStore, sqlUsage } from './usage.js';

export interface SqlStoreOptions {
  /** The gateway's own, where it has one. Counters on Postgres go by the server's clock unless one is given. */
  readonly clock?: Clock | undefined;
  /** How often SQLite is looked at for changes of keys and accounts, in milliseconds. Default 500. */
  readonly pollMs?: number | undefined;
  /** What lost counters are rebuilt from; see {@link CounterHistory}. Default: the ledger. `false`: they begin at zero. */
  readonly history?: CounterHistory | false | undefined;
  /**
   * A folder for usage records that the ledger does not take at the moment, on a disk that outlives the process. With it the
   * gateway loses no record that it has offered; see {@link durableSink}.
   */
  readonly spillFolder?: string | undefined;
  readonly logger?: Logger | undefined;
}

/** All that outlives a process, in one database. */
export interface SqlStores {
  readonly keys: KeyStore;
  readonly accounts: AccountStore;
  readonly usage: SqlUsageStore;
  readonly outbox: OutboxStore;
  readonly counters: CounterStore;
  /** With `spillFolder`: how records go to the ledger. */
  readonly sink?: DurableSink;
  /**
   * Makes the tables, or brings them up to date, before anything else is asked of the stores. Safe to run by every
   * instance at its start. Rejects with a `NewerSchema` where the database is ahead of this package.
   */
  migrate(): Promise<MigrationResult>;
}

/**
 * Stores on the database of the host: a `Pool` of `pg`, or a database of `node:sqlite`, `better-sqlite3` or
 * `node-sqlite3-wasm`. Nothing is opened or changed until a method is called. Throws a TypeError for anything else.
 */
export function sqlStores(connection: SqlConnection, options: SqlStoreOptions = {}): SqlStores {
  const database = openDatabase(connection, options.clock);
  const changes = openChanges(database, options.pollMs ?? 500);
  const usage = sqlUsage(database);
  const { clock, logger, spillFolder: folder } = options;
  const history = options.history === false ? undefined : (options.history ?? counterHistory(usage));
  return {
    keys: sqlKeys(database, changes),
    accounts: sqlAccounts(database, changes),
    usage,
    outbox: sqlOutbox(database),
    counters: countersIn(database, { clock, history }),
    ...(folder !== undefined && { sink: durableSink(usage, { folder, clock, logger }) }),
    migrate: () => migrate(database),
  };
}

/** Counters alone, for a host that has its keys and accounts elsewhere. The tables must be there: `sqlStores(db).migrate()`. */
export function sqlCounters(connection: SqlConnection, options: SqlCounterOptions = {}): CounterStore {
  return countersIn(openDatabase(connection, options.clock), options);
}
