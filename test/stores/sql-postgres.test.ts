import { scopeKey } from '@portico/core/store';
import { sqlStores } from '@portico/store-sql';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { callBy } from '../contracts/ledger-records.js';
import { type PostgresServer, startPostgres, withoutPostgres } from '../support/postgres-server.js';
import { openPostgresDatabase, titleOf } from '../support/sql-databases.js';

describe.skipIf(withoutPostgres !== undefined)(titleOf('stores on Postgres', withoutPostgres), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
  });
  afterAll(() => server?.stop());

  async function opened() {
    const database = await openPostgresDatabase(server);
    onTestFinished(() => database.close());
    const stores = sqlStores(database.connection);
    await stores.migrate();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.end());
    return { database, stores, client };
  }

  it('tell another instance, and of what an operator does by hand', async () => {
    const { database, stores, client } = await opened();
    const other = sqlStores(database.another());
    const told: string[] = [];
    const stopKeys = await other.keys.watch((change) => told.push(change === 'all' ? change : change.id));
    const stopAccounts = await other.accounts.watch((change) =>
      told.push(change === 'all' ? change : scopeKey(change)),
    );
    const { key } = await stores.keys.mint({});
    await stores.accounts.upsert({ kind: 'team', id: 'a:b' }, { isBlocked: true });
    await client.query('UPDATE portico_keys SET is_blocked = true');
    await expect.poll(() => told).toEqual([key.id, 'team:a:b', key.id]);
    stopKeys();
    stopAccounts();
  });

  it('say that changes may have been missed when the connection that listens was lost, and go on telling', async () => {
    const { database, stores, client } = await opened();
    const told: unknown[] = [];
    const other = sqlStores(database.another());
    const stop = await other.keys.watch((change) => told.push(change));
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
    );
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['all']);
    const { key } = await stores.keys.mint({});
    await expect.poll(() => told).toEqual(['all', { id: key.id }]);
    stop();
  });

  it('give the connection that listened back when nobody watches any more', async () => {
    const { database } = await opened();
    const pool = new Pool({ connectionString: database.url, max: 1 });
    const stores = sqlStores(pool);
    const stop = await stores.keys.watch(() => {});
    stop();
    expect(await stores.keys.get('key_none')).toBeUndefined();
    await pool.end();
  });

  it('keep records in a partition for each month, and drop whole months, but not what they sum up to', async () => {
    const { stores, client } = await opened();
    const { usage } = stores;
    const months = [
      Date.UTC(2025, 11, 31, 23, 59, 59, 999),
      Date.UTC(2026, 0, 1),
      Date.UTC(2026, 1, 28),
      Date.UTC(2026, 2, 1),
    ];
    await usage.append(months.map((startedAt) => callBy('ada', { startedAt })));
    const partitions = async () =>
      (
        await client.query(
          "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'portico_usage'::regclass ORDER BY 1",
        )
      ).rows.map(({ name }) => name);
    expect(await partitions()).toEqual([
      'portico_usage_2025_12',
      'portico_usage_2026_01',
      'portico_usage_2026_02',
      'portico_usage_2026_03',
    ]);

    await usage.dropBefore(Date.UTC(2026, 1, 15));
    expect(await partitions()).toEqual(['portico_usage_2026_02', 'portico_usage_2026_03']);
    expect((await usage.query()).items).toHaveLength(2);
    expect(await usage.aggregate({ by: 'user' })).toMatchObject([{ id: 'ada', calls: 4 }]);
    const all = {
      scope: { kind: 'user', id: 'ada' } as const,
      from: Number.NEGATIVE_INFINITY,
      to: Number.POSITIVE_INFINITY,
    };
    expect(await usage.usedIn([all])).toMatchObject([{ requests: 4 }]);
    // The partition that is gone is made again where a record of that month comes late.
    await usage.append([callBy('ada', { startedAt: Date.UTC(2026, 0, 1) })]);
    expect(await partitions()).toContain('portico_usage_2026_01');
  });

  it('use the indexes that are there for it: the last calls of a user, and a key by its hash', async () => {
    const { stores, client } = await opened();
    await stores.usage.append([callBy('ada')]);
    await client.query('SET enable_seqscan = off');
    const plan = async (sql: string) =>
      (await client.query(`EXPLAIN ${sql}`)).rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(
      await plan("SELECT * FROM portico_usage WHERE user_id = 'ada' ORDER BY started_at DESC, id DESC LIMIT 50"),
    ).toMatch(/Index Scan Backward/);
    expect(await plan("SELECT * FROM portico_keys WHERE hash = 'x' OR old_hash = 'x'")).not.toContain('Seq Scan');
  });

  it('go on by themselves after the server was killed and came back, and lose nothing that was settled', async () => {
    const own = await startPostgres();
    onTestFinished(() => own.stop());
    const database = await openPostgresDatabase(own);
    onTestFinished(() => database.close());
    const { counters, keys, migrate } = sqlStores(database.connection);
    await migrate();
    const money = { key: 'money', amount: 60, limit: 100, resetsAt: undefined };
    const answer = await counters.reserve([money], 60_000);
    if (answer.ok) await counters.settle(answer.reservation, [60]);
    await own.kill();
    await expect(Promise.resolve(counters.reserve([money], 60_000))).rejects.toThrow();
    await expect(Promise.resolve(keys.find('x'))).rejects.toThrow();
    await own.restart();
    await expect.poll(async () => counters.read('money'), { timeout: 20_000 }).toEqual({ used: 60, reserved: 0 });
    expect(await counters.reserve([money], 60_000)).toMatchObject({ ok: false, remaining: [40] });
  });
});
