import { isRedisUrl, type SharedRedis } from '@portico/config';
import { type GatewayConfig, type Logger, reveal, withErrorListener } from '@portico/core';
import type { CounterHistory } from '@portico/core/store';
import { redisStores } from '@portico/store-redis';

/** What the server shares with others on a Redis. */
export interface SharedStores {
  readonly stores: NonNullable<GatewayConfig['stores']>;
  close(): void;
}

/** The actual value is not repeated: it may contain a password. */
export const AS_AN_ADDRESS = 'must be a URL such as redis://host:6379 or rediss://user:password@host:6379/0.';

/**
 * Connects to a Redis, and keeps trying: `whenCountersFail` decides whether calls continue without it. Throws if the
 * client is not installed, or the URL is invalid. `history` is what counters are rebuilt from that the Redis has lost.
 */
export async function connectRedis(
  redis: SharedRedis,
  logger: Logger,
  history?: CounterHistory,
): Promise<SharedStores> {
  const { url, prefix, whenCountersFail } = redis;
  if (!isRedisUrl(reveal(url))) throw new Error(`The Redis of the configuration ${AS_AN_ADDRESS}`);
  const { createClient } = await loadClient();
  let isLost = false;
  const client = withErrorListener(createClient({ url: reveal(url) }), (err) => {
    // Each reconnect that fails is an error of its own.
    if (!isLost) logger.error({ err }, 'Redis is not connected; the server keeps trying');
    isLost = true;
  });
  client.on('ready', () => {
    if (isLost) logger.warn({}, 'Redis is connected');
    isLost = false;
  });
  client.connect().catch((err: unknown) => logger.error({ err }, 'Redis cannot be connected'));
  return {
    stores: {
      ...redisStores(client, { history, ...(prefix !== undefined && { prefix }) }),
      ...(whenCountersFail !== undefined && { whenCountersFail }),
    },
    close: () => client.destroy(),
  };
}

async function loadClient(): Promise<typeof import('@redis/client')> {
  try {
    return await import('@redis/client');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error('A Redis is configured, but its client is not installed: npm install @redis/client', {
      cause: error,
    });
  }
}
