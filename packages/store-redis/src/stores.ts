import type { CooldownStore, CounterStore, RevocationStore } from '@portico/core/store';
import { redisCooldowns } from './cooldowns.js';
import { type RedisCounterOptions, redisCounters } from './counters.js';
import type { RedisClient } from './redis-client.js';
import { redisRevocations } from './revocations.js';

/** All stores that instances share, on one Redis or Valkey: `stores: { ...redisStores(client) }`. */
export function redisStores(
  client: RedisClient,
  options?: RedisCounterOptions,
): { readonly counters: CounterStore; readonly cooldowns: CooldownStore; readonly revocations: RevocationStore } {
  return {
    counters: redisCounters(client, options),
    cooldowns: redisCooldowns(client, options),
    revocations: redisRevocations(client, options),
  };
}
