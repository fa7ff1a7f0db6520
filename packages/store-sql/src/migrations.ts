import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isPgPool, type PgPool, type SqlConnection, toSqlite } from './connection.js';
import { type Database, rowsOfSql, runSync, type Work } from './database.js';
import { isBusy } from './database-errors.js';

/** What `migrate` did. */
export interface MigrationResult {
  /** Names of the files that were run now; none where the database was up to date. */
  readonly applied: readonly string[];
  /** Where the database is now. */
  readonly version: number;
}

/** The database was made by a newer version of this package, which may keep what this one does not know. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The SQL files of the package, in order. */
export function migrationsFor(dialect: Database['dialect']): readonly Migration[] {
  const folder = new URL('../migrations/', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith(`.${dialect}.sql`))
    .sort()
    .map((file) => ({
      version: Number.parseInt(file, 10),
      name: file,
      sql: readFileSync(new URL(file, folder), 'utf8'),
    }));
}

/**
 * Brings a database to the present schema, in one transaction: one that is broken off has done nothing, and of several
 * instances that begin at once one does it while the others wait. Rejects with a {@link NewerSchema} where the database
 * is ahead, and with an Error where a file that was run has been changed since.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[] = migrationsFor(database.dialect),
): Promise<MigrationResult> {
  const { connection } = database;
  if (isPgPool(connection)) {
    return await database.write(() => apply(database, migrations));
  }
  return await migrateSqlite(database, connection, migrations);
}

/** `BEGIN IMMEDIATE` keeps others out; a file of several statements needs `exec`, which is why this does not use `write`. */
async function migrateSqlite(
  database: Database,
  connection: Exclude<SqlConnection, PgPool>,
  migrations: readonly Migration[],
): Promise<MigrationResult> {
  const sqlite = toSqlite(connection);
  const runScripts = {
    exec: sqlite.exec,
    all: (sql: string, values: Parameters<typeof sqlite.all>[1]) => {
      if (!migrations.some((migration) => migration.sql === sql)) return sqlite.all(sql, values);
      sqlite.exec(sql);
      return [];
    },
  };
  // Readers and the writer do not keep each other waiting. It is a property of the file, and cannot be set in a transaction.
  await untilFree(database, () => sqlite.exec('PRAGMA journal_mode = WAL'));
  return await untilFree(database, () => {
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      const result = runSync(apply(database, migrations), runScripts);
      sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      sqlite.exec('ROLLBACK');
      throw error;
    }
  });
}

async function untilFree<Result>({ clock }: Database, run: () => Result): Promise<Result> {
  for (;;) {
    try {
      return run();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await new Promise<void>((resolve) => void clock.after(50, resolve));
  }
}

/** Names the lock among all that an application may take of the same database. */
const ADVISORY_LOCK = 7_311_845_201;

function* apply(database: Database, migrations: readonly Migration[]): Work<MigrationResult> {
  if (database.dialect === 'postgres') yield* rowsOfSql(database, `SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`);
  yield* rowsOfSql(
    database,
    'CREATE TABLE IF NOT EXISTS portico_migrations (version integer PRIMARY KEY, name text NOT NULL, hash text NOT NULL, applied_at bigint NOT NULL)',
  );
  const rows = yield* rowsOfSql<{ version: number; name: string; hash: string }>(
    database,
    'SELECT version, name, hash FROM portico_migrations ORDER BY version',
  );
  const known = migrations.at(-1)?.version ?? 0;
  const present = rows.at(-1)?.version ?? 0;
  if (present > known) {
    throw new NewerSchema(
      `The database has schema ${present}, and this version of @portico/store-sql knows ${known}: use a newer version.`,
    );
  }
  const applied: string[] = [];
  for (const { version, name, sql } of migrations) {
    const hash = createHash('sha256').update(sql).digest('hex');
    const row = rows.find((each) => each.version === version);
    if (row !== undefined) {
      if (row.hash !== hash) throw new Error(`${name} is not the file that was run on this database as ${row.name}.`);
      continue;
    }
    yield { sql, parameters: [] };
    yield* rowsOfSql(database, 'INSERT INTO portico_migrations VALUES (?, ?, ?, ?)', [
      version,
      name,
      hash,
      database.clock.now(),
    ]);
    applied.push(name);
  }
  return { applied, version: known };
}
