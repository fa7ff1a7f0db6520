import { randomUUID } from 'node:crypto';
import { systemClock } from '@portico/core';
import type { CooldownStore } from '@portico/core/store';
import { keyPrefix, type RedisStoreOptions } from './options.js';
import { type RedisClient, run, script, subscribe, withoutErrorEvents } from './redis-client.js';

// Instances exchange the remaining time of cooldowns, because their clocks may differ; Redis has one clock.
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
`;

/**
 * KEYS: the cooldowns. ARGV: deployment, milliseconds, channel, message. The later end counts; the others are
 * notified if it is this one.
 */
const REST = script(`${NOW}
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
local ends = now + ARGV[2]
if known and tonumber(known) >= ends then return end
redis.call('ZADD', KEYS[1], string.format('%.0f', ends), ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
redis.call('PUBLISH', ARGV[3], ARGV[4])
`);

/** KEYS: the cooldowns. Returns each deployment in cooldown, and its remaining milliseconds. */
const RESTS = script(`${NOW}
local rests = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for index = 2, #rests, 2 do rests[index] = string.format('%.0f', rests[index] - now) end
return rests
`);

/**
 * Cooldowns that all instances are notified of as they begin. A connection of its own, a duplicate of the given one,
 * listens; after a reconnect the current cooldowns are read.
 */
export function redisCooldowns(given: RedisClient, options: RedisStoreOptions = {}): CooldownStore {
  const client = withoutErrorEvents(given);
  const { clock = systemClock } = options;
  const prefix = keyPrefix(options);
  const keys = [`${prefix}rests`];
  const channel = `${prefix}rests`;
  const instance = randomUUID();

  return {
    async coolDown(deployment, until) {
      const lasts = Math.ceil(until - clock.now());
      if (!(lasts > 0)) return;
      const message: Message = [instance, deployment, lasts];
      await run(client, REST, keys, [deployment, String(lasts), channel, JSON.stringify(message)]);
    },

    watch(onRest) {
      return subscribe(client, channel, hear, () => void readAll());

      function hear(text: string): void {
        const message = messageIn(text);
        // The sender knows it already.
        if (message !== undefined && message[0] !== instance) onRest(message[1], clock.now() + message[2]);
      }

      async function readAll(): Promise<void> {
        try {
          const rests = (await run(client, RESTS, keys, [])) as readonly unknown[]; // as the script returns it
          for (let at = 0; at < rests.length; at += 2) {
            onRest(String(rests[at]), clock.now() + Number(rests[at + 1]));
          }
        } catch {
          // Those it would have told of are found out.
        }
      }
    },
  };
}

type Message = readonly [instance: string, deployment: string, lastsMs: number];

/** Other programs may write anything to the channel. */
function messageIn(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as unknown;
    if (!Array.isArray(message)) return undefined;
    const [instance, deployment, lastsMs] = message as readonly unknown[];
    if (typeof instance !== 'string' || typeof deployment !== 'string' || typeof lastsMs !== 'number') return undefined;
    return [instance, deployment, lastsMs];
  } catch {
    return undefined;
  }
}
