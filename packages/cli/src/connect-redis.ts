import { isRedisUrl, type SharedRedis } from '@portico/config';
import { type GatewayConfig, type Logger, reveal, withErrorListener } from '@portico/core';
import { redisStores } from '@portico/store-redis';

/** What the server shares with others on a Redis. */
export interface SharedStores {
  readonly stores: NonNullable<GatewayConfig['stores']>;
  close(): void;
}

/** What is there instead is not repeated: there may be a password in it. */
export const AS_AN_ADDRESS = 'must be an address as redis://host:6379 or rediss://user:password@host:6379/0.';

/**
 * Connects to a Redis, for as long as it takes: whether calls go on without it is for `whenCountersFail` to say. Throws if
 * the client is not installed, or the address is none.
 */
export async function connectRedis(redis: SharedRedis, logger: Logger): Promise<SharedStores> {
  const { url, prefix, whenCountersFail } = redis;
  if (!isRedisUrl(reveal(url))) throw new Error(`The Redis of the configuration ${AS_AN_ADDRESS}`);
  const { createClient } = await loadClient();
  let isLost = false;
  const client = withErrorListener(createClient({ url: reveal(url) }), (err) => {
    // Each attempt to connect again is an error of its own.
    if (!isLost) logger.error({ err }, 'Redis is not connected; the server tries again until it is');
    isLost = true;
  });
  client.on('ready', () => {
    if (isLost) logger.warn({}, 'Redis is connected');
    isLost = false;
  });
  client.connect().catch((err: unknown) => logger.error({ err }, 'Redis cannot be connected'));
  return {
    stores: {
      ...redisStores(client, prefix === undefined ? {} : { prefix }),
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
    throw new Error('A Redis is configured, and its client is not installed: npm install @redis/client', {
      cause: error,
    });
  }
}
