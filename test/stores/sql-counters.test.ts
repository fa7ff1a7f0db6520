import type { CounterHistory, CounterRequest, CounterStore } from '@portico/core/store';
import { sqlCounters, sqlStores } from '@portico/store-sql';
import { fakeClock } from '@portico/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function rebuilding(open: () => Promise<TestDatabase>): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
    await sqlStores(database.connection).migrate();
  });
  beforeEach(async () => {
    for (const table of ['counters', 'leases', 'usage', 'usage_days']) {
      await runSql(database.connection, `DELETE FROM portico_${table}`);
    }
  });
  afterAll(() => database?.close());

  /** Budgets of a user, in total and by day, as a gateway would name them; the calls at a time are not on the ledger. */
  function instance(clock = fakeClock()) {
    const { usage } = sqlStores(database.connection, { clock });
    let asked = 0;
    const startOf = ({ key }: CounterRequest) => {
      if (key.startsWith('calls:')) return undefined;
      return key.startsWith('total:') ? Number.NEGATIVE_INFINITY : clock.now() - (clock.now() % DAY);
    };
    const history: CounterHistory = {
      startOf,
      async usedIn(requests) {
        asked += 1;
        const spans = requests.map((request) => ({
          scope: { kind: 'user' as const, id: request.key.slice(request.key.indexOf(':') + 1) },
          from: startOf(request) ?? 0,
          to: request.resetsAt ?? Number.POSITIVE_INFINITY,
        }));
        return (await usage.usedIn(spans)).map(({ costNanoUsd }) => costNanoUsd);
      },
    };
    const counters = sqlCounters(database.connection, { clock, history });
    const requests = (amount: number): CounterRequest[] => [
      { key: 'total:ada', amount, limit: 10_000, resetsAt: undefined },
      { key: 'day:ada', amount, limit: 5_000, resetsAt: clock.now() - (clock.now() % DAY) + DAY },
      { key: 'calls:ada', amount: 1, limit: 5, resetsAt: undefined },
    ];
    /** A call as the gateway makes it: reserved, settled, and put on the ledger. */
    const call = async (costNanoUsd: number) => {
      const answer = await counters.reserve(requests(costNanoUsd), MINUTE);
      if (!answer.ok) return answer;
      await counters.settle(answer.reservation, [costNanoUsd, costNanoUsd, 0]);
      await usage.append([callBy('ada', { costNanoUsd, startedAt: clock.now() })]);
      return answer;
    };
    return { clock, counters, requests, call, asked: () => asked };
  }

  it('stand again where they stood when they were lost, before the first call is admitted (law 3)', async () => {
    const { clock, counters, call } = instance();
    expect(await call(3_000)).toMatchObject({ ok: true });
    await clock.advance(DAY);
    expect(await call(4_000)).toMatchObject({ ok: true, remaining: [3_000, 1_000, 4] });

    await runSql(database.connection, 'DELETE FROM portico_counters');
    expect(await call(1_001)).toEqual({ ok: false, refused: 1, remaining: [3_000, 1_000, 5] });
    expect(await call(1_000)).toMatchObject({ ok: true, remaining: [2_000, 0, 4] });
    expect(await counters.read('total:ada')).toEqual({ used: 8_000, reserved: 0 });
  });

  it('are asked of the ledger once, and not for periods that began since', async () => {
    const { clock, call, asked } = instance();
    await call(10);
    await call(10);
    expect(asked()).toBe(1);
    await clock.advance(DAY);
    await call(10);
    expect(asked()).toBe(1);
  });

  it('hand out nothing twice when many callers come at once after the loss', async () => {
    const { counters, call, requests } = instance();
    await call(4_000);
    await runSql(database.connection, 'DELETE FROM portico_counters');
    const answers = await Promise.all(Array.from({ length: 40 }, async () => counters.reserve(requests(300), MINUTE)));
    // 1,000 are left of the day.
    expect(answers.filter(({ ok }) => ok)).toHaveLength(3);
    expect(await counters.read('day:ada')).toEqual({ used: 4_000, reserved: 900 });
  });

  it('count what a call used that was reserved before the loss and ends after it, once', async () => {
    const { clock, counters, call, requests } = instance();
    const before = await counters.reserve(requests(700), MINUTE);
    await clock.advance(1);
    await runSql(database.connection, 'DELETE FROM portico_counters');
    await call(1_000);
    if (!before.ok) throw new Error('There was room.');
    await counters.settle(before.reservation, [600, 600, 0]);
    await counters.settle(before.reservation, [600, 600, 0]);
    expect(await counters.read('day:ada')).toEqual({ used: 1_600, reserved: 0 });
    expect(await counters.read('calls:ada')).toEqual({ used: 0, reserved: 0 });
  });

  it('are exact up to 2^53 - 1, and take keys of any text and length apart', async () => {
    const { counters } = instance();
    const most = Number.MAX_SAFE_INTEGER;
    const keys = [
      'calls:x'.padEnd(10_000, 'x'),
      `${'calls:x'.padEnd(10_000, 'x')}y`,
      'calls:\0',
      'calls:\ud800',
      'calls:👍',
      '',
    ];
    for (const key of keys) {
      const calls = key === '' ? 'calls:' : key;
      const answer = await counters.reserve(
        [{ key: calls, amount: most - 2, limit: most, resetsAt: undefined }],
        MINUTE,
      );
      expect(answer).toMatchObject({ ok: true, remaining: [2] });
      if (answer.ok) await counters.settle(answer.reservation, [most - 5]);
      expect(await counters.read(calls)).toEqual({ used: most - 5, reserved: 0 });
    }
  });

  it('refuse where a limit is no number, and count amounts that are none as nothing', async () => {
    const { counters } = instance();
    const ask = (amount: number, limit: number) =>
      counters.reserve([{ key: 'calls:a', amount, limit, resetsAt: undefined }], MINUTE);
    for (const limit of [Number.NaN, -1]) expect(await ask(0, limit)).toMatchObject({ ok: false });
    for (const amount of [Number.NaN, -5]) expect(await ask(amount, 10)).toMatchObject({ ok: true, remaining: [10] });
    expect(await ask(1, Number.POSITIVE_INFINITY)).toMatchObject({ ok: true });
  });
}

describe.skipIf(withoutPostgres !== undefined)(titleOf('counters on Postgres', withoutPostgres), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
  });
  afterAll(() => server?.stop());

  rebuilding(() => openPostgresDatabase(server));

  it('let 4 instances with 200 callers each not exceed nested limits by anything, and leave nothing reserved (law 1)', async () => {
    const database = await openPostgresDatabase(server);
    await sqlStores(database.connection).migrate();
    const instances = [database.connection, database.another(), database.another(), database.another()].map(
      (connection): CounterStore => sqlCounters(connection),
    );
    const caller = async (index: number) => {
      const counters = instances[index % 4] as CounterStore;
      const scopes = ['global', `team ${index % 2}`, `user ${index % 8}`, `tag ${index % 3}`];
      const requests = scopes.map((key, level) => ({
        key,
        amount: 50,
        limit: [10_000, 6_000, 2_000, 4_000][level] ?? 0,
        resetsAt: undefined,
      }));
      // The same limits in another order: whoever locks in the order of a call waits for ever.
      if (index % 2 === 1) requests.reverse();
      const answer = await counters.reserve(requests, MINUTE);
      if (answer.ok)
        await counters.settle(
          answer.reservation,
          requests.map(() => 20 + (index % 30)),
        );
      return answer.ok ? 20 + (index % 30) : 0;
    };
    const spent = await Promise.all(Array.from({ length: 800 }, (_, index) => caller(index)));
    const total = spent.reduce((sum, each) => sum + each, 0);
    const [first] = instances;
    expect(await first?.read('global')).toEqual({ used: total, reserved: 0 });
    expect(total).toBeLessThanOrEqual(10_000);
    for (const [key, limit] of [
      ['team 0', 6_000],
      ['team 1', 6_000],
      ['user 3', 2_000],
      ['tag 0', 4_000],
    ] as const) {
      const { used, reserved } = (await first?.read(key)) ?? { used: Number.NaN, reserved: Number.NaN };
      expect(reserved).toBe(0);
      expect(used).toBeLessThanOrEqual(limit);
    }
    await database.close();
  });
});

describe.each(SQLITE_DRIVERS)('counters on SQLite', (driver) => {
  describe.skipIf(driver.without !== undefined)(titleOf(driver.name, driver.without), () => {
    rebuilding(async () => openSqliteFile(driver));
  });
});
