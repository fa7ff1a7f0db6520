import { createGateway } from '@portico/node';
import { redisStores } from '@portico/store-redis';
import type { FakeProvider } from '@portico/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { QUESTION } from '../support/ask-chat.js';
import { groupsOn, startProvider } from '../support/host-start.js';
import { CLIENTS } from '../support/redis-clients.js';
import { type RedisServer, startRedis, withoutRedis } from '../support/redis-server.js';

const ADA = { id: 'ada' };

describe.skipIf(withoutRedis)(`a revocation on Redis${withoutRedis === undefined ? '' : ` (${withoutRedis})`}`, () => {
  let server: RedisServer;
  let provider: FakeProvider;
  let prefix: string;
  let tests = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    provider = await startProvider();
    prefix = `revocations ${tests++}`;
  });
  afterAll(async () => {
    await server?.stop();
  });

  it.each([
    ['@redis/client', 'ioredis 6'],
    ['ioredis 5', '@redis/client'],
  ] as const)(
    'ends streams and tokens at the other instance, and after a restart (%s tells %s)',
    async (one, other) => {
      const first = await start(one);
      const second = await start(other);
      const { token } = await first.gateway.issueToken(ADA);
      expect(await second.status(token)).toBe(200);

      const stream = await second.ask(token, 'silent', true);
      const rest = stream.text();
      expect(second.gateway.openCalls).toBe(1);
      expect(first.gateway.revoke(ADA)).toBe(0);
      expect(await rest).toContain('revoked');
      await expect.poll(() => second.gateway.openCalls).toBe(0);
      expect(await second.status(token)).toBe(401);
      expect(await first.status(token)).toBe(401);

      const restarted = await start(one);
      expect(await restarted.status(token)).toBe(401);
      // Only what was given before is over.
      const { token: later } = await restarted.gateway.issueToken(ADA);
      for (const each of [first, second, restarted]) expect(await each.status(later)).toBe(200);
      expect(await second.status((await first.gateway.issueToken({ id: 'bob' })).token)).toBe(200);
    },
  );

  it('reaches the others once Redis is back, if it was away', async () => {
    const first = await start('@redis/client');
    const second = await start('ioredis 6');
    const { token } = await first.gateway.issueToken(ADA);
    expect(await second.status(token)).toBe(200);
    server.freeze();
    onTestFinished(() => server.thaw());
    first.gateway.revoke(ADA);
    expect(await first.status(token)).toBe(401);
    server.thaw();
    await expect.poll(() => second.status(token), { timeout: 10_000 }).toBe(401);
  });

  async function start(name: keyof typeof CLIENTS) {
    const { client, close } = await CLIENTS[name](server);
    const gateway = createGateway({
      models: {
        chat: groupsOn(provider, 'well').well ?? [],
        silent: groupsOn(provider, 'fault-f34')['fault-f34'] ?? [],
      },
      tokens: { secret: 'a secret of thirty-two characters, at the least' },
      stores: redisStores(client, { prefix }),
      logger: false,
    });
    onTestFinished(async () => {
      await gateway.close({ graceMs: 0 });
      close();
    });
    const ask = (token: string, model: string, stream: boolean) =>
      gateway.fetch(
        new Request('http://portico/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ model, stream, messages: QUESTION }),
        }),
      );
    return {
      gateway,
      ask,
      async status(token: string): Promise<number> {
        const answer = await ask(token, 'chat', false);
        await answer.text();
        return answer.status;
      },
    };
  }
});
