import type { RedisClient } from '@portico/store-redis';
import { createClient, createCluster } from '@redis/client';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import type { RedisServer } from './redis-server.js';

interface Opened {
  readonly client: RedisClient;
  close(): void;
}

/** The clients that apps have. They do not write to the console when their server goes, which is what tests are about. */
export const CLIENTS = {
  async '@redis/client'({ url }) {
    const client = createClient({ url }).on('error', () => undefined);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  async 'ioredis 6'({ port }) {
    const client = new Redis(port).on('error', () => undefined);
    return { client, close: () => client.disconnect() };
  },
  async 'ioredis 5'({ port }) {
    const client = new Redis5(port).on('error', () => undefined);
    return { client, close: () => client.disconnect() };
  },
} as const satisfies Clients;

/** The same, where the server is a cluster. */
export const CLUSTER_CLIENTS = {
  async '@redis/client'({ url }) {
    const client = createCluster({ rootNodes: [{ url }] }).on('error', () => undefined);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  async ioredis({ port }) {
    const client = new Cluster([{ host: '127.0.0.1', port }]).on('error', () => undefined);
    return { client, close: () => client.disconnect() };
  },
} as const satisfies Clients;

export type Connect = (server: RedisServer) => Promise<Opened>;

type Clients = Readonly<Record<string, Connect>>;
