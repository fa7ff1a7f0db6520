import { sqlCounters, sqlStores } from '@portico/store-sql';
import { fakeClock } from '@portico/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { type PostgresServer, startPostgres, withoutPostgres } from '../support/postgres-server.js';
import {
  openPostgresDatabase,
  openSqliteFile,
  runSql,
  SQLITE_DRIVERS,
  type TestDatabase,
  titleOf,
} from '../support/sql-databases.js';
import { type CounterStoreSubject, counterStoreContract } from './counter-store.js';

/** An empty store each time, on tables that are made once. */
async function emptied({ connection }: TestDatabase): Promise<CounterStoreSubject> {
  const clock = fakeClock();
  await runSql(connection, 'DELETE FROM portico_counters');
  await runSql(connection, 'DELETE FROM portico_leases');
  return { store: sqlCounters(connection, { clock }), now: clock.now, pass: clock.advance };
}

describe.skipIf(withoutPostgres !== undefined)(titleOf('counters on Postgres', withoutPostgres), () => {
  let server: PostgresServer;
  let database: Awaited<ReturnType<typeof openPostgresDatabase>>;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
    database = await openPostgresDatabase(server);
    await sqlStores(database.connection).migrate();
  });
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  });

  counterStoreContract('Postgres', () => emptied(database));
});

describe.each(SQLITE_DRIVERS)('counters on SQLite', (driver) => {
  describe.skipIf(driver.without !== undefined)(titleOf(driver.name, driver.without), () => {
    let database: ReturnType<typeof openSqliteFile>;
    beforeAll(async () => {
      database = openSqliteFile(driver);
      await sqlStores(database.connection).migrate();
    });
    afterAll(() => database?.close());

    counterStoreContract(driver.name, () => emptied(database));
  });
});
