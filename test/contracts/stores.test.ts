import { memoryAccounts, memoryKeys, memoryLedger } from '@portico/core/store';
import { sqlStores } from '@portico/store-sql';
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
import { accountStoreContract } from './account-store.js';
import { keyStoreContract } from './key-store.js';
import { outboxStoreContract } from './outbox-store.js';
import type { OpenStores, StoreSubject } from './store-subject.js';
import { usageStoreContract } from './usage-store.js';

function everyContract(name: string, open: OpenStores): void {
  keyStoreContract(name, open);
  accountStoreContract(name, open);
  usageStoreContract(name, open);
  outboxStoreContract(name, open);
}

everyContract('memory', () => {
  const clock = fakeClock();
  return {
    keys: memoryKeys(clock),
    accounts: memoryAccounts(clock),
    ...memoryLedger(clock),
    clock,
    changesTold: () => {},
  };
});

const TABLES = ['portico_keys', 'portico_accounts', 'portico_usage', 'portico_usage_days', 'portico_outbox'];

describe.skipIf(withoutPostgres !== undefined)(titleOf('on Postgres', withoutPostgres), () => {
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

  everyContract('Postgres', async () => {
    await runSql(database.connection, `TRUNCATE ${TABLES.join(', ')}`);
    const subject = onTables(database, (of) => lastIsTold(subject, database, of));
    return subject;
  });
});

/** What is told comes in the order of its transactions: a message to the watchers of the other kind comes after all others. */
async function lastIsTold(
  { keys, accounts }: StoreSubject,
  { connection }: TestDatabase,
  of: 'keys' | 'accounts',
): Promise<void> {
  let hear = () => {};
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const stop = of === 'keys' ? await accounts.watch(hear) : await keys.watch(hear);
  await runSql(connection, `NOTIFY portico_changes, '${of === 'keys' ? 'account:tag:last' : 'key:last'}'`);
  await heard;
  stop();
}

describe.each(SQLITE_DRIVERS)('on SQLite', (driver) => {
  describe.skipIf(driver.without !== undefined)(titleOf(driver.name, driver.without), () => {
    let database: ReturnType<typeof openSqliteFile>;
    beforeAll(async () => {
      database = openSqliteFile(driver);
      await sqlStores(database.connection).migrate();
    });
    afterAll(() => database?.close());

    everyContract(driver.name, async () => {
      for (const table of TABLES) await runSql(database.connection, `DELETE FROM ${table}`);
      const subject = onTables(database, () => subject.clock.advance(POLL_MS));
      return subject;
    });
  });
});

const POLL_MS = 500;

function onTables(database: TestDatabase, changesTold: StoreSubject['changesTold']): StoreSubject {
  const clock = fakeClock();
  return { ...sqlStores(database.connection, { clock, pollMs: POLL_MS }), clock, changesTold };
}
