import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { CounterRequest, CounterStore } from '@portico/core/store';
import { redisCounters } from '@portico/store-redis';
import { fakeClock } from '@portico/testing';
import { createClient, type RedisClientType } from '@redis/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type RedisServer, startRedis, withoutRedis } from '../support/redis-server.js';

const MINUTE = 60_000;

describe.skipIf(withoutRedis)(`counters on a Redis${withoutRedis === undefined ? '' : ` (${withoutRedis})`}`, () => {
  let server: RedisServer;
  let client: RedisClientType;
  beforeAll(async () => {
    server = await startRedis();
    client = createClient({ url: server.url });
    await client.connect();
  });
  beforeEach(() => client.flushAll());
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  const money = (amount: number, limit: number, resetsAt?: number) => ({ key: 'money', amount, limit, resetsAt });

  it('are given back what an instance held that was killed with -9, when its lease ends (R-BUD-3, h04)', async () => {
    const holder = fork(new URL('lease-holder.mjs', import.meta.url), [server.url, '1000']);
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder, 'message');
    holder.kill('SIGKILL');
    await once(holder, 'exit');

    const counters = redisCounters(client);
    await expect.poll(() => counters.read('money'), { timeout: 10_000 }).toEqual({ used: 0, reserved: 0 });
    expect(await counters.reserve([money(100, 100)], MINUTE)).toMatchObject({ ok: true });
  });

  it('are one for instances whose clocks are apart, and no window opens twice (h05)', async () => {
    const ahead = fakeClock();
    const behind = fakeClock(ahead.now() - 30_000);
    const [first, second] = [ahead, behind].map((clock) => redisCounters(client, { clock }));
    const resetsAt = ahead.now() + 50;
    expect(await first?.reserve([money(1, 2, resetsAt)], MINUTE)).toMatchObject({ ok: true });
    // For the first and for Redis the window is over now; for the second it goes on.
    await expect.poll(() => first?.read('money')).toEqual({ used: 0, reserved: 0 });
    expect(await second?.reserve([money(1, 2, resetsAt)], MINUTE)).toMatchObject({ ok: true, remaining: [0] });
    expect(await second?.reserve([money(1, 2, resetsAt)], MINUTE)).toMatchObject({ ok: false });
    expect(await first?.reserve([money(1, 2, resetsAt + MINUTE)], MINUTE)).toMatchObject({ ok: true, remaining: [1] });
  });

  it('are exact up to 2^53 - 1', async () => {
    const counters = redisCounters(client);
    const most = Number.MAX_SAFE_INTEGER;
    const answer = await counters.reserve([money(most - 2, most)], MINUTE);
    expect(answer).toMatchObject({ ok: true, remaining: [2] });
    expect(await counters.reserve([money(3, most)], MINUTE)).toMatchObject({ ok: false, remaining: [2] });
    expect(await counters.reserve([money(2, most)], MINUTE)).toMatchObject({ ok: true, remaining: [0] });
    if (answer.ok) await counters.settle(answer.reservation, [most - 5]);
    expect(await counters.read('money')).toEqual({ used: most - 5, reserved: 2 });
  });

  it('let nothing pass below a limit that is no number', async () => {
    const counters = redisCounters(client);
    expect(await counters.reserve([money(0, Number.NaN)], MINUTE)).toMatchObject({ ok: false, remaining: [0] });
    expect(await counters.reserve([money(1, Number.POSITIVE_INFINITY)], MINUTE)).toMatchObject({ ok: true });
  });

  it('expire by themselves, except a total that something was used of', async () => {
    const counters = redisCounters(client);
    await counters.reserve([{ ...money(1, 9, Date.now() + MINUTE), key: 'window' }], MINUTE);
    const answer = await counters.reserve(
      [
        { ...money(1, 9), key: 'calls' },
        { ...money(1, 9), key: 'total' },
      ],
      MINUTE,
    );
    if (answer.ok) await counters.settle(answer.reservation, [0, 1]);
    const lives = Object.fromEntries(
      await Promise.all(
        (await client.keys('*')).map(async (key) => [key, (await client.pTTL(key)) > 0 ? 'expires' : 'stays']),
      ),
    );
    expect(lives).toEqual({
      '{portico}:counter:window': 'expires',
      '{portico}:leases:window': 'expires',
      '{portico}:counter:calls': 'expires',
      '{portico}:counter:total': 'stays',
    });
  });

  it('take one round trip a call, and two after the server has forgotten its scripts', async () => {
    const counters = redisCounters(client);
    await counters.reserve([money(1, 9)], MINUTE);
    await client.scriptFlush();
    const before = await commands();
    await counters.reserve([money(1, 9)], MINUTE);
    await counters.reserve([money(1, 9)], MINUTE);
    const after = await commands();
    expect({ evalsha: after.evalsha - before.evalsha, eval: after.eval - before.eval }).toEqual({
      evalsha: 2,
      eval: 1,
    });
  });

  describe('that are rebuilt from the ledger', () => {
    const TOTAL = { key: 'budget:total:principal:ada', amount: 10, limit: 100, resetsAt: undefined };
    const asked: number[] = [];
    const history = {
      startOf: ({ key, resetsAt }: CounterRequest) => (key.startsWith('budget') ? (resetsAt ?? 0) - MINUTE : undefined),
      usedIn(requests: readonly CounterRequest[]) {
        asked.push(requests.length);
        return requests.map(() => 60);
      },
    };
    beforeEach(() => void asked.splice(0));

    it('stand again where they stood when Redis was flushed, before the first call is admitted (law 3)', async () => {
      const counters = redisCounters(client, { history });
      await client.flushAll();
      expect(await counters.reserve([TOTAL, money(1, 5)], MINUTE)).toMatchObject({ ok: true, remaining: [30, 4] });
      expect(await counters.read(TOTAL.key)).toEqual({ used: 60, reserved: 10 });
      expect(await counters.read('money')).toEqual({ used: 0, reserved: 1 });
      expect(await counters.reserve([{ ...TOTAL, amount: 31 }], MINUTE)).toMatchObject({ ok: false, remaining: [30] });
      expect(asked).toEqual([1]);
    });

    it('are not asked of the ledger for periods that began since', async () => {
      const counters = redisCounters(client, { history });
      await counters.reserve([TOTAL], MINUTE);
      const later = { ...TOTAL, key: 'budget:hour', resetsAt: Date.now() + 10 * MINUTE };
      expect(await counters.reserve([later], MINUTE)).toMatchObject({ ok: true, remaining: [90] });
      expect(asked).toEqual([1]);
    });

    it('hand out nothing twice when many callers of many instances come at once after the loss', async () => {
      const instances = [1, 2, 3, 4].map(() => redisCounters(client, { history }));
      await client.flushAll();
      const answers = await Promise.all(
        Array.from({ length: 200 }, async (_, index) =>
          (instances[index % 4] as CounterStore).reserve([TOTAL], MINUTE),
        ),
      );
      expect(answers.filter(({ ok }) => ok)).toHaveLength(4);
      expect(await instances[0]?.read(TOTAL.key)).toEqual({ used: 60, reserved: 40 });
    });

    it('count what a call used that was reserved before the loss and ends after it, once', async () => {
      const counters = redisCounters(client, { history });
      const before = await counters.reserve([TOTAL], MINUTE);
      await client.flushAll();
      // Redis counts by the millisecond: its memory must be seen to be another one.
      await new Promise((resolve) => setTimeout(resolve, 2));
      await counters.reserve([TOTAL], MINUTE);
      if (before.ok) {
        await counters.settle(before.reservation, [7]);
      }
      expect(await counters.read(TOTAL.key)).toEqual({ used: 67, reserved: 10 });
    });

    it('take one round trip a call as long as nothing is lost', async () => {
      let trips = 0;
      const counting = new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (name === 'evalSha' || name === 'eval') trips += 1;
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const counters = redisCounters(counting, { history });
      await counters.reserve([TOTAL], MINUTE);
      trips = 0;
      const answer = await counters.reserve([TOTAL, money(1, 5)], MINUTE);
      expect(trips).toBe(1);
      if (answer.ok) await counters.settle(answer.reservation, [1, 1]);
      expect(trips).toBe(2);
    });
  });

  it('are of one gateway each, where the prefix is another', async () => {
    const [one, other] = ['one', 'other'].map((prefix) => redisCounters(client, { prefix }));
    await one?.reserve([money(1, 1)], MINUTE);
    expect(await other?.reserve([money(1, 1)], MINUTE)).toMatchObject({ ok: true });
    expect(() => redisCounters(client, { prefix: 'my{tag}' })).toThrow('no braces');
  });

  async function commands(): Promise<{ evalsha: number; eval: number }> {
    const info = await client.info('commandstats');
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
    return { evalsha: calls('evalsha'), eval: calls('eval') };
  }
});
