import { chmodSync } from 'node:fs';
import { NewerSchema, type SqlConnection, sqlStores } from '@portico/store-sql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../packages/store-sql/src/database.js';
import { migrate, migrationsFor } from '../../packages/store-sql/src/migrations.js';
import { callBy } from '../contracts/ledger-records.js';
import { type PostgresServer, startPostgres, withoutPostgres } from '../support/postgres-server.js';
import {
  openPostgresDatabase,
  openSqliteFile,
  runSql,
  SQLITE_DRIVERS,
  type TestDatabase,
  titleOf,
} from '../support/sql-databases.js';

function migrations(dialect: 'postgres' | 'sqlite', open: () => Promise<TestDatabase>): void {
  const files = migrationsFor(dialect);
  const newest = files.at(-1)?.version ?? 0;

  it('make the tables, and do nothing the second time', async () => {
    const { connection } = await opened();
    const { migrate: run, usage } = sqlStores(connection);
    expect(await run()).toEqual({ applied: files.map(({ name }) => name), version: newest });
    await usage.append([callBy('ada')]);
    expect(await run()).toEqual({ applied: [], version: newest });
    expect(await usage.aggregate({})).toMatchObject([{ calls: 1 }]);
  });

  it('are run by one of several instances that start at once', async () => {
    const database = await opened();
    const instances = [database.connection, ...Array.from({ length: 4 }, () => database.another())];
    const results = await Promise.all(instances.map((connection) => sqlStores(connection).migrate()));
    expect(results.filter(({ applied }) => applied.length > 0)).toEqual([
      { applied: files.map(({ name }) => name), version: newest },
    ]);
  });

  it('have done nothing where they are broken off, and go on from there', async () => {
    const { connection } = await opened();
    const broken = [
      ...files,
      { version: newest + 1, name: 'broken', sql: 'CREATE TABLE portico_new (id text); CREATE rubbish;' },
    ];
    await expect(migrate(openDatabase(connection), broken)).rejects.toThrow();
    await expect(runSql(connection, 'SELECT 1 FROM portico_new')).rejects.toThrow();
    await expect(runSql(connection, 'SELECT 1 FROM portico_keys')).rejects.toThrow();
    expect(await sqlStores(connection).migrate()).toMatchObject({ version: newest });
  });

  it('are refused where the database is ahead, or was made by other files', async () => {
    const { connection } = await opened();
    await sqlStores(connection).migrate();
    const edited = files.map((file) => ({ ...file, sql: `${file.sql}\n` }));
    await expect(migrate(openDatabase(connection), edited)).rejects.toThrow('is not the file that was run');
    await runSql(connection, `INSERT INTO portico_migrations VALUES (${newest + 1}, 'later', '', 0)`);
    await expect(sqlStores(connection).migrate()).rejects.toThrow(NewerSchema);
  });

  it('are asked for where there are no tables yet', async () => {
    const { connection } = await opened();
    const { keys, accounts, usage, outbox, counters } = sqlStores(connection);
    const asks = [
      () => keys.get('x'),
      () => accounts.find([{ kind: 'user', id: 'ada' }]),
      () => usage.append([callBy('ada')]),
      () => outbox.claim({ limit: 1, leaseMs: 1 }),
      () => counters.reserve([{ key: 'a', amount: 1, limit: 1, resetsAt: undefined }], 1),
    ];
    for (const ask of asks) await expect(Promise.resolve().then<unknown>(ask)).rejects.toThrow('migrate()');
  });

  async function opened(): Promise<TestDatabase> {
    const database = await open();
    onTestFinished(() => database.close());
    return database;
  }
}

describe.skipIf(withoutPostgres !== undefined)(titleOf('migrations on Postgres', withoutPostgres), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
  });
  afterAll(() => server?.stop());
  migrations('postgres', () => openPostgresDatabase(server));
});

describe.each(SQLITE_DRIVERS)('migrations on SQLite', (driver) => {
  describe.skipIf(driver.without !== undefined)(titleOf(driver.name, driver.without), () => {
    migrations('sqlite', async () => openSqliteFile(driver));

    it('are refused by a file that cannot be written, with what the database says', async () => {
      const database = openSqliteFile(driver);
      onTestFinished(() => database.close());
      await runSql(database.connection, 'PRAGMA query_only = 1');
      chmodSync(database.path, 0o400);
      await expect(sqlStores(database.connection).migrate()).rejects.toThrow(/readonly|read-only|attempt to write/);
    });
  });
});

it('nothing but a database is taken for one', () => {
  expect(() => sqlStores({} as SqlConnection)).toThrow(TypeError);
});
