import { randomUUID } from 'node:crypto';
import type { RevocationStore } from '@portico/core/store';
import { keyPrefix, type RedisStoreOptions } from './options.js';
import { type RedisClient, run, script, subscribe, withoutErrorEvents } from './redis-client.js';

// Instances exchange ages, because their clocks may differ; Redis has one clock.
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS: when each principal was revoked, when each may be forgotten. ARGV: principal, milliseconds to keep, channel, message. */
const REVOKE = script(`${NOW}
local ends = string.format('%.0f', now + ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZADD', KEYS[2], ends, ARGV[1])
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(ARGV[2]) then redis.call('PEXPIRE', key, ARGV[2]) end
end
redis.call('PUBLISH', ARGV[3], ARGV[4])
`);

/** KEYS as above. Returns each revoked principal, and how many milliseconds ago that was. */
const REVOKED = script(`${NOW}
local revoked = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for index = 2, #revoked, 2 do revoked[index] = string.format('%.0f', now - revoked[index]) end
return revoked
`);

/**
 * Revocations that all instances hear of within a round trip, and that a restart does not end. A connection of its own, a
 * duplicate of the given one, listens; after a reconnect all that are kept are read.
 */
export function redisRevocations(given: RedisClient, options: RedisStoreOptions = {}): RevocationStore {
  const client = withoutErrorEvents(given);
  const prefix = keyPrefix(options);
  const keys = [`${prefix}revoked`, `${prefix}revoked-until`];
  const channel = `${prefix}revoked`;
  const instance = randomUUID();

  return {
    async revoke(principalId, keepMs) {
      const message: Message = [instance, principalId];
      await run(client, REVOKE, keys, [principalId, String(Math.ceil(keepMs)), channel, JSON.stringify(message)]);
    },

    async watch(onRevoked) {
      const stop = subscribe(client, channel, hear, () => void readAll().catch(() => undefined));
      try {
        // Also before the subscription has its connection: the first calls wait for these.
        await readAll();
      } catch (error) {
        stop();
        throw error;
      }
      return stop;

      function hear(text: string): void {
        const message = messageIn(text);
        // The sender knows it already.
        if (message !== undefined && message[0] !== instance) onRevoked(message[1], 0);
      }

      async function readAll(): Promise<void> {
        const revoked = (await run(client, REVOKED, keys, [])) as readonly unknown[]; // as the script returns it
        for (let at = 0; at < revoked.length; at += 2) onRevoked(String(revoked[at]), Number(revoked[at + 1]));
      }
    },
  };
}

type Message = readonly [instance: string, principalId: string];

/** Other programs may write anything to the channel. */
function messageIn(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as unknown;
    if (!Array.isArray(message)) return undefined;
    const [instance, principalId] = message as readonly unknown[];
    return typeof instance === 'string' && typeof principalId === 'string' ? [instance, principalId] : undefined;
  } catch {
    return undefined;
  }
}
