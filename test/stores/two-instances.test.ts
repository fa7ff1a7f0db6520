import type { GatewayConfig, Principal, UsageRecord } from '@portico/core';
import type { CooldownStore } from '@portico/core/store';
import { createGateway } from '@portico/node';
import { type RedisClient, redisCounters, redisStores } from '@portico/store-redis';
import type { FakeProvider } from '@portico/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { QUESTION } from '../support/ask-chat.js';
import { QUICK } from '../support/gateway-on.js';
import { groupsOn, keepingLogger, startProvider } from '../support/host-start.js';
import { promised } from '../support/promised.js';
import { CLIENTS } from '../support/redis-clients.js';
import { type RedisServer, startRedis, withoutRedis } from '../support/redis-server.js';

/** Half a cent, in nano-dollars: about a hundred answers. */
const LIMIT = 5_000_000;
const TEAM: Principal = { id: 'team', budget: { usd: LIMIT / 1e9, per: 'total' } };
const COUNTER = 'budget:total:principal:team';

describe.skipIf(withoutRedis)(`instances on one Redis${withoutRedis === undefined ? '' : ` (${withoutRedis})`}`, () => {
  let server: RedisServer;
  let provider: FakeProvider;
  let prefix: string;
  let tests = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    provider = await startProvider();
    prefix = `test ${tests++}`;
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('together admit what one budget pays for at its edge: none over, nothing left (R-BUD-1)', async () => {
    const held = promised();
    let waiting = 0;
    const hold: NonNullable<GatewayConfig['interceptors']> = [
      (next) => async (request) => {
        waiting += 1;
        await held.kept;
        return next(request);
      },
    ];
    const patient = { interceptors: hold, countersTimeoutMs: 20_000 };
    const gateways = [await start('@redis/client', patient), await start('ioredis 6', patient)];
    let refused = 0;
    const answers = Array.from({ length: 500 }, async (_, call) => {
      const status = await gateways[call % 2]?.ask('chat', TEAM);
      if (status !== 200) refused += 1;
      return status;
    });
    await expect.poll(() => waiting + refused, { timeout: 20_000 }).toBe(500);

    const { counters } = redisStores(gateways[0]?.client as RedisClient, { prefix });
    const { used, reserved } = await counters.read(COUNTER);
    const worst = reserved / waiting;
    expect(used).toBe(0);
    expect(waiting).toBe(Math.floor(LIMIT / worst));
    expect(waiting).toBeGreaterThan(50);

    held.keep();
    const statuses = await Promise.all(answers);
    expect(statuses.filter((status) => status === 200)).toHaveLength(waiting);
    expect(statuses.filter((status) => status === 429)).toHaveLength(500 - waiting);
    const spent = () => gateways.flatMap(({ records }) => records).map(({ costNanoUsd }) => costNanoUsd ?? 0);
    await expect.poll(() => spent().length).toBe(waiting);
    const sum = spent().reduce((all, cost) => all + cost, 0);
    await expect.poll(() => counters.read(COUNTER)).toEqual({ used: sum, reserved: 0 });
  });

  it.each([
    ['@redis/client', 'ioredis 6'],
    ['ioredis 5', '@redis/client'],
  ] as const)('spare each other the discovery that a deployment must rest (%s tells %s)', async (one, other) => {
    const first = await start(one);
    const second = await start(other);
    expect(await first.ask('failing')).toBe(200);
    await second.heard('failing-0');
    expect(await second.ask('failing')).toBe(200);
    expect(provider.log.requestsFor('fault-f17')).toHaveLength(1);

    // One that starts later reads what it missed.
    const third = await start(one);
    await third.heard('failing-0');
    expect(await third.ask('failing')).toBe(200);
    expect(provider.log.requestsFor('fault-f17')).toHaveLength(1);
  });

  it('go on when Redis was restarted in the middle of a call, and hear each other again', async () => {
    const held = promised();
    const asked = promised();
    const hold: NonNullable<GatewayConfig['interceptors']> = [
      (next) => async (request) => {
        asked.keep();
        await held.kept;
        return next(request);
      },
    ];
    const first = await start('@redis/client', { interceptors: hold, countersTimeoutMs: 5_000 });
    const second = await start('ioredis 6');
    const answer = first.ask('chat', TEAM);
    await asked.kept;
    await server.restart();
    held.keep();
    expect(await answer).toBe(200);
    // It came back empty: what was settled meanwhile was of reservations it no longer has.
    await expect.poll(() => first.ask('chat', TEAM), { timeout: 10_000 }).toBe(200);
    await expect.poll(() => second.ask('chat', TEAM), { timeout: 10_000 }).toBe(200);
    const { counters } = redisStores(second.client, { prefix });
    await expect.poll(async () => (await counters.read(COUNTER)).reserved, { timeout: 10_000 }).toBe(0);

    const { cooldowns } = redisStores(first.client, { prefix });
    await cooldowns.coolDown('told-later', Date.now() + 60_000);
    await second.heard('told-later');
  });

  it.each([
    { whenCountersFail: undefined, statuses: [503], says: 'calls with limits are refused until it answers' },
    { whenCountersFail: 'open', statuses: [200], says: 'until it answers, limits are counted in this process only' },
  ] as const)(
    'do as configured ($whenCountersFail) while Redis does not answer, say so once, and return to it (R-BUD-7, h02)',
    async ({ whenCountersFail, statuses, says }) => {
      const gateway = await start('@redis/client', {
        countersTimeoutMs: 2_000,
        ...(whenCountersFail && { whenCountersFail }),
      });
      expect(await gateway.ask('chat', TEAM)).toBe(200);
      server.freeze();
      onTestFinished(() => server.thaw());
      const asked = await Promise.all(Array.from({ length: 5 }, () => gateway.ask('chat', TEAM)));
      for (let call = 0; call < 5; call++) asked.push(await gateway.ask('chat', TEAM));
      expect([...new Set(asked)]).toEqual(statuses);
      // Callers without limits do not need it.
      expect(await gateway.ask('chat', { id: 'free' })).toBe(200);

      server.thaw();
      const lines = () => gateway.lines().filter((line) => line.includes('in a row') || line.includes('again'));
      await expect
        .poll(async () => [await gateway.ask('chat', TEAM), lines().length], { timeout: 15_000 })
        .toEqual([200, 2]);
      expect(lines()[0]).toContain(says);
      const counters = redisCounters(gateway.client, { prefix });
      await expect.poll(async () => (await counters.read(COUNTER)).reserved, { timeout: 10_000 }).toBe(0);
    },
  );

  type Settings = Partial<Pick<GatewayConfig, 'interceptors'> & NonNullable<GatewayConfig['stores']>>;

  /** A gateway with stores on the test's Redis, and a client of its own. */
  async function start(clientName: keyof typeof CLIENTS, settings: Settings = {}) {
    const { interceptors = [], ...stores } = settings;
    const { client, close } = await CLIENTS[clientName](server);
    const { counters, cooldowns } = redisStores(client, { prefix });
    const rests = new Set<string>();
    const records: UsageRecord[] = [];
    const logger = keepingLogger();
    const groups = groupsOn(provider, 'well', 'fault-f17', 'spare');
    const gateway = createGateway({
      ...QUICK,
      models: {
        chat: groups.well ?? [],
        failing: [...(groups['fault-f17'] ?? [])]
          .map((deployment) => ({ ...deployment, id: 'failing-0', order: 0 }))
          .concat((groups.spare ?? []).map((deployment) => ({ ...deployment, id: 'spare', order: 1 }))),
      },
      interceptors,
      sinks: [{ record: async (batch) => void records.push(...batch) }],
      logger,
      stores: { counters, cooldowns: overheard(cooldowns, rests), ...stores },
    });
    onTestFinished(async () => {
      await gateway.close();
      close();
    });
    return {
      client,
      records,
      lines: () => logger.lines.map(({ message }) => message),
      async ask(model: string, principal: Principal = { id: 'ada' }): Promise<number> {
        const answer = await gateway.fetchAs(principal)('http://portico/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model, messages: QUESTION, max_tokens: 20 }),
        });
        await answer.text();
        return answer.status;
      },
      heard: (deployment: string) => expect.poll(() => rests.has(deployment), { timeout: 10_000 }).toBe(true),
    };
  }
});

/** Notes of which deployments a gateway has been told that they rest. */
function overheard(store: CooldownStore, rests: Set<string>): CooldownStore {
  return {
    coolDown: (deployment, until) => store.coolDown(deployment, until),
    watch: (onRest) =>
      store.watch((deployment, until) => {
        onRest(deployment, until);
        rests.add(deployment);
      }),
  };
}
