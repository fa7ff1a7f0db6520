export { redisCooldowns } from './cooldowns.js';
export { type RedisCounterOptions, redisCounters } from './counters.js';
export type { RedisStoreOptions } from './options.js';
export type { IoRedis, IoRedisSubscriber, NodeRedis, NodeRedisSubscriber, RedisClient } from './redis-client.js';
export { redisRevocations } from './revocations.js';
export { redisStores } from './stores.js';
