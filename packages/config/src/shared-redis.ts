import { type Secret, secret } from '@portico/core';
import { mapOf, problem, type ReadContext, textOf } from './read-context.js';
import { type ConfigNode, pathBelow } from './yaml/config-node.js';

/** The Redis on which several servers share limits, budgets and cooldowns. */
export interface SharedRedis {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: Secret;
  /** The prefix of its keys. Default `portico`. */
  readonly prefix?: string;
  /** How calls with limits are treated while it does not answer. Default: `closed`. */
  readonly whenCountersFail?: 'closed' | 'open';
}

/** What the key does. */
export const REDIS_MESSAGE = 'the Redis on which several servers share limits, budgets and rests';

const KEYS = ['url', 'prefix', 'whenCountersFail'];

/** Reads `redis: URL`, or its long form. */
export function readSharedRedis(node: ConfigNode, reading: ReadContext): SharedRedis | undefined {
  if (node.kind === 'scalar') {
    const address = textOf(node, reading);
    return address === undefined ? undefined : withUrl(address, node, reading);
  }
  const map = mapOf(node, reading);
  for (const [key, place] of map?.keyPlaces ?? []) {
    if (KEYS.includes(key)) continue;
    problem(reading, { ...node, path: pathBelow(node.path, key), place }, `unknown key; there are ${KEYS.join(', ')}.`);
  }
  const text = (key: string) => {
    const value = map?.entries.get(key);
    return value && textOf(value, reading);
  };
  const [url, prefix, whenCountersFail] = KEYS.map(text);
  if (url === undefined) return problem(reading, node, 'needs a "url".');
  if (whenCountersFail !== undefined && whenCountersFail !== 'closed' && whenCountersFail !== 'open') {
    return problem(reading, map?.entries.get('whenCountersFail') ?? node, 'must be "closed" or "open".');
  }
  const redis = withUrl(url, map?.entries.get('url') ?? node, reading);
  return redis && { ...redis, ...(prefix && { prefix }), ...(whenCountersFail && { whenCountersFail }) };
}

function withUrl(address: string, node: ConfigNode, reading: ReadContext): SharedRedis | undefined {
  if (isRedisUrl(address)) return { url: secret(address) };
  // It is not repeated: it may contain a password.
  return problem(reading, node, 'must be a URL such as redis://host:6379 or rediss://user:password@host:6379/0.');
}

/** Whether it is the URL of a Redis; an invalid one may still contain a password. */
export function isRedisUrl(address: string): boolean {
  return /^rediss?:\/\//.test(address) && URL.canParse(address);
}
