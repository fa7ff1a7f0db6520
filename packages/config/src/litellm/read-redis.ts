import { secret } from '@portico/core';
import { type ReadContext, textOf } from '../read-context.js';
import { REDIS_MESSAGE, type SharedRedis } from '../shared-redis.js';
import type { ConfigNode } from '../yaml/config-node.js';
import type { RedisDraft, SettingsDraft } from './draft.js';
import { type KeyRows, supported } from './key-row.js';

/** Keys of the router's settings with the address of its Redis. */
export function redisRows(prefix: string, parts: readonly (keyof RedisDraft)[]): KeyRows<SettingsDraft> {
  return Object.fromEntries(
    parts.map((part) => [
      prefix + part,
      supported<SettingsDraft, string>(REDIS_MESSAGE, textOf, ({ redis }, text) => {
        redis[part] = text;
      }),
    ]),
  );
}

const PARTS_OF_CACHE = ['url', 'host', 'port', 'username', 'password', 'db', 'ssl'] as const;

/** Reads the address of a cache's Redis; false if the cache is something else, or has no address. */
export function readRedisOfCache(node: ConfigNode, redis: RedisDraft, reading: ReadContext): boolean {
  if (node.kind !== 'map') return false;
  const type = node.entries.get('type');
  if (type?.kind === 'scalar' && type.value !== 'redis') return false;
  if (!node.entries.has('host') && !node.entries.has('url')) return false;
  for (const part of PARTS_OF_CACHE) {
    const value = node.entries.get(part);
    const text = value && textOf(value, reading);
    if (text !== undefined) redis[part] = text;
  }
  return true;
}

/** The Redis in the file: the router's, or else the cache's. */
export function sharedRedisOf(settings: SettingsDraft): SharedRedis | undefined {
  const { redis, cacheRedis, caches, isCompatible } = settings;
  const chosen = redis.url !== undefined || redis.host !== undefined ? redis : caches ? cacheRedis : {};
  const url = chosen.url ?? urlOf(chosen);
  if (url === undefined) return undefined;
  // LiteLLM counts in its own process when its Redis is unavailable.
  return { url: secret(url), ...(isCompatible && { whenCountersFail: 'open' as const }) };
}

function urlOf({ host, port = '6379', username = '', password, db, ssl }: RedisDraft): string | undefined {
  if (host === undefined) return undefined;
  const scheme = ssl?.toLowerCase() === 'true' ? 'rediss' : 'redis';
  const credentials = password === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  return `${scheme}://${credentials}${host}:${port}${db === undefined ? '' : `/${db}`}`;
}
