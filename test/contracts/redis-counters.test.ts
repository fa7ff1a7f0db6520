import type { CounterHistory } from '@portico/core/store';
import { type IoRedis, type NodeRedis, type RedisClient, redisCounters } from '@portico/store-redis';
import { fakeClock } from '@portico/testing';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe } from 'vitest';
import { CLIENTS, CLUSTER_CLIENTS, type Connect } from '../support/redis-clients.js';
import { type RedisServer, startRedis, withoutRedis } from '../support/redis-server.js';
import { type CounterStoreSubject, counterStoreContract } from './counter-store.js';

const SERVERS: readonly { isCluster: boolean; clients: [string, Connect][] }[] = [
  { isCluster: false, clients: Object.entries(CLIENTS) },
  { isCluster: true, clients: Object.entries(CLUSTER_CLIENTS) },
];

describe.skipIf(withoutRedis)(`counters on a Redis${withoutRedis === undefined ? '' : ` (${withoutRedis})`}`, () => {
  describe.each(SERVERS)('that is a cluster: $isCluster', ({ isCluster, clients }) => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedis({ cluster: isCluster });
    });
    afterAll(() => server?.stop());

    describe.each(clients)('through %s', (name, connect) => {
      let client: RedisClient;
      let clockHand: Awaited<ReturnType<typeof openClockHand>>;
      let close: () => void;
      let opened = 0;
      beforeAll(async () => {
        ({ client, close } = await connect(server));
        clockHand = await openClockHand(server);
      });
      afterAll(() => {
        close?.();
        clockHand?.close();
      });

      counterStoreContract(name, () => open());
      // A ledger that knows of nothing: every counter is asked for once.
      counterStoreContract(`${name}, rebuilt from a ledger,`, () =>
        open({ startOf: () => 0, usedIn: (requests) => requests.map(() => 0) }),
      );

      async function open(history?: CounterHistory): Promise<CounterStoreSubject> {
        const clock = fakeClock();
        const prefix = `${name} ${opened++}`;
        await clockHand.set(prefix, clock.now());
        return {
          store: redisCounters(toldTheTime(client, prefix), { prefix, clock, history }),
          now: clock.now,
          async pass(ms) {
            await clock.advance(ms);
            await clockHand.set(prefix, clock.now());
          },
        };
      }
    });
  });
});

/** The same scripts, but told the time by a key instead of by Redis: so that hours pass in no time. */
function toldTheTime(client: RedisClient, prefix: string): RedisClient {
  const faked = (text: string) =>
    text.replaceAll("redis.call('TIME')", `redis.call('LRANGE', '${timeKey(prefix)}', 0, 1)`);
  if ('evalSha' in client) {
    const told: NodeRedis = {
      evalSha: async () => Promise.reject(new Error('NOSCRIPT')),
      eval: (text, options) => client.eval(faked(text), options),
      duplicate: () => client.duplicate(),
    };
    return told;
  }
  const told: IoRedis = {
    evalsha: async () => Promise.reject(new Error('NOSCRIPT')),
    eval: (text, ...parameters) => client.eval(faked(text), ...parameters),
    duplicate: () => client.duplicate(),
  };
  return told;
}

function timeKey(prefix: string): string {
  return `{${prefix}}:the time`;
}

async function openClockHand({ url }: RedisServer) {
  const client = await createClient({ url }).connect();
  return {
    async set(prefix: string, ms: number): Promise<void> {
      const seconds = Math.floor(ms / 1_000);
      await client
        .multi()
        .del(timeKey(prefix))
        .rPush(timeKey(prefix), [String(seconds), String((ms - seconds * 1_000) * 1_000)])
        .exec();
    },
    close: () => client.destroy(),
  };
}
