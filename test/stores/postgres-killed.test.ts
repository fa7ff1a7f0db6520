import { sqlStores } from '@portico/store-sql';
import { Pool } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres, withoutPostgres } from '../support/postgres-server.js';
import { titleOf } from '../support/sql-databases.js';

describe.skipIf(withoutPostgres !== undefined)(titleOf('a Postgres that is killed', withoutPostgres), () => {
  it('ends no process of an app whose pool has no error listener, whatever its connections were doing', async () => {
    const server = await startPostgres({ fsync: 'off' });
    onTestFinished(() => server.stop());
    const pool = new Pool({ connectionString: await server.database(), max: 20 });
    onTestFinished(() => pool.end());
    const stores = sqlStores(pool);
    await stores.migrate();
    // Some are idle, some listen, and some are in the middle of a transaction or between two of its queries.
    const stop = await stores.keys.watch(() => {});
    onTestFinished(() => stop());
    let isRunning = true;
    const request = { key: 'a', amount: 1, limit: 1e9, resetsAt: undefined };
    const at = async () => {
      while (isRunning) {
        await Promise.resolve(stores.keys.mint({ user: 'ada' })).catch(() => {});
        await Promise.resolve(stores.counters.reserve([request], 1_000)).catch(() => {});
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const running = Array.from({ length: 10 }, at);
    for (let round = 0; round < 5; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await server.kill();
      await server.restart();
    }
    isRunning = false;
    await Promise.all(running);
    await expect.poll(async () => (await stores.keys.list({ limit: 1 })).items, { timeout: 10_000 }).toHaveLength(1);
  }, 60_000);
});
