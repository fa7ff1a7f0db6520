import { type Clock, systemClock } from '@portico/core';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import {
  connectionOf,
  isPgPool,
  type PgPool,
  type SqlConnection,
  type Sqlite,
  type SqliteValue,
  toSqlite,
  withoutErrorEvents,
} from './connection.js';
import { explained, isBusy, isWorthRepeating } from './database-errors.js';
import type { Tables } from './tables.js';

/**
 * Work on a database, written once for both: it yields a statement and is given its rows. On SQLite all of it runs at
 * once, so that nothing of the host's own on the same connection gets into the transaction.
 */
export type Work<Result> = Generator<Statement, Result, unknown[]>;

interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A database of one of the two dialects. */
export interface Database {
  readonly dialect: 'postgres' | 'sqlite';
  /** Builds statements and runs none. */
  readonly build: Kysely<Tables>;
  readonly clock: Clock;
  /** Without a transaction: for one statement, or several that need not see the same. */
  read<Result>(work: () => Work<Result>): Promise<Result>;
  /** In one transaction: all of it or nothing. Begun again where the database says that another was in its way. */
  write<Result>(work: () => Work<Result>): Promise<Result>;
  /** As the host handed it in. */
  readonly connection: SqlConnection;
}

/** Runs a statement of the builder and answers its rows. */
export function* rowsOf<Row>(query: { compile(): CompiledQuery<Row> }): Work<Row[]> {
  return (yield query.compile()) as Row[]; // what the builder says of its own statement
}

/** Runs a statement written by hand. `?` stands for a value, in both dialects. */
export function* rowsOfSql<Row>(database: Database, sql: string, parameters: readonly unknown[] = []): Work<Row[]> {
  let place = 0;
  const numbered = database.dialect === 'postgres' ? sql.replaceAll('?', () => `$${++place}`) : sql;
  return (yield { sql: numbered, parameters }) as Row[]; // whoever wrote the statement knows its rows
}

export function openDatabase(connection: SqlConnection, clock: Clock = systemClock): Database {
  if (isPgPool(connection)) return openPostgres(withoutErrorEvents(connection), clock);
  return openSqlite(connection, toSqlite(connection), clock);
}

const MOST_ATTEMPTS = 5;

function openPostgres(pool: PgPool, clock: Clock): Database {
  const build = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });

  async function transaction<Result>(work: () => Work<Result>): Promise<Result> {
    const client = await connectionOf(pool);
    let isBroken = true;
    try {
      await client.query('BEGIN');
      const result = await runAsync(work(), (sql, values) => client.query(sql, values));
      await client.query('COMMIT');
      isBroken = false;
      return result;
    } catch (error) {
      await client.query('ROLLBACK').then(
        () => {
          isBroken = false;
        },
        () => {
          // The connection is gone, and the transaction with it.
        },
      );
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  return {
    dialect: 'postgres',
    build,
    clock,
    connection: pool,
    read: (work) => runAsync(work(), (sql, values) => pool.query(sql, values)).catch(throwExplained),
    async write(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transaction(work);
        } catch (error) {
          if (attempt === MOST_ATTEMPTS || !isWorthRepeating(error)) throw explained(error);
        }
      }
    },
  };
}

async function runAsync<Result>(
  work: Work<Result>,
  run: (sql: string, values: unknown[]) => Promise<{ readonly rows: unknown[] }>,
): Promise<Result> {
  let step = work.next();
  while (step.done !== true) {
    const { rows } = await run(step.value.sql, [...step.value.parameters]);
    step = work.next(rows);
  }
  return step.value;
}

const BUSY_DELAYS_MS = [1, 5, 20, 50, 100, 250, 500, 1_000, 2_000, 4_000];

function openSqlite(connection: SqlConnection, sqlite: Sqlite, clock: Clock): Database {
  const build = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });

  /** Another process may hold the file: it is asked again after a while, and not waited for in the event loop. */
  async function patiently<Result>(run: () => Result): Promise<Result> {
    for (const delayMs of BUSY_DELAYS_MS) {
      try {
        return run();
      } catch (error) {
        if (!isBusy(error)) throw explained(error);
      }
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
    }
    try {
      return run();
    } catch (error) {
      throw explained(error);
    }
  }

  return {
    dialect: 'sqlite',
    build,
    clock,
    connection,
    read: (work) => patiently(() => runSync(work(), sqlite)),
    write: (work) =>
      patiently(() => {
        sqlite.exec('BEGIN IMMEDIATE');
        try {
          const result = runSync(work(), sqlite);
          sqlite.exec('COMMIT');
          return result;
        } catch (error) {
          rollBack(sqlite);
          throw error;
        }
      }),
  };
}

function rollBack(sqlite: Sqlite): void {
  try {
    sqlite.exec('ROLLBACK');
  } catch {
    // SQLite has ended the transaction itself, as it does when the disk is full.
  }
}

export function runSync<Result>(work: Work<Result>, sqlite: Sqlite): Result {
  let step = work.next();
  while (step.done !== true) {
    step = work.next(sqlite.all(step.value.sql, step.value.parameters.map(toSqliteValue)));
  }
  return step.value;
}

function toSqliteValue(value: unknown): SqliteValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  if (value === undefined) return null;
  throw new TypeError(`A value of type ${typeof value} cannot be kept.`);
}

function throwExplained(error: unknown): never {
  throw explained(error);
}
