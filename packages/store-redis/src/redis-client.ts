import { createHash } from 'node:crypto';
import { withErrorListener } from '@portico/core';

/**
 * The part of a client that is needed, so that your app's client works: `@redis/client` (and `redis`, which includes
 * it) or `ioredis`, each also as a cluster. It stays yours: connect it before the first call and close it at the end.
 */
export type RedisClient = NodeRedis | IoRedis;

/** `createClient` and `createCluster` of `@redis/client`. */
export interface NodeRedis {
  evalSha(sha1: string, options: ScriptParameters): Promise<unknown>;
  eval(script: string, options: ScriptParameters): Promise<unknown>;
  duplicate(): NodeRedisSubscriber;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

interface ScriptParameters {
  readonly keys: string[];
  readonly arguments: string[];
}

export interface NodeRedisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  destroy(): unknown;
}

/** `new Redis` and `new Cluster` of `ioredis`. */
export interface IoRedis {
  evalsha(sha1: string, keyCount: number, ...parameters: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...parameters: string[]): Promise<unknown>;
  duplicate(): IoRedisSubscriber;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface IoRedisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (channel: string, message: string) => void): unknown;
  disconnect(): unknown;
}

/** A script, and its hash on the server. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

export function script(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

/**
 * The client with an error listener: a Redis that goes away must not end the process of an app that has none. What it means
 * for calls is told by the commands that fail.
 */
export function withoutErrorEvents(client: RedisClient): RedisClient {
  if (listened.has(client)) return client;
  listened.add(client);
  client.on?.('error', ignore);
  return client;
}

/** One listener is enough for all stores on a client. */
const listened = new WeakSet<RedisClient>();

/** Runs a script in one round trip; the first time after a server's start it takes two. */
export async function run(
  client: RedisClient,
  { text, sha1 }: Script,
  keys: readonly string[],
  parameters: readonly string[],
): Promise<unknown> {
  try {
    if (isNodeRedis(client)) return await client.evalSha(sha1, { keys: [...keys], arguments: [...parameters] });
    return await client.evalsha(sha1, keys.length, ...keys, ...parameters);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
  }
  if (isNodeRedis(client)) return await client.eval(text, { keys: [...keys], arguments: [...parameters] });
  return await client.eval(text, keys.length, ...keys, ...parameters);
}

/**
 * Subscribes to a channel on a connection of its own, which reconnects as the original client does. `onReady` is
 * called whenever messages begin to arrive: earlier messages are lost. Returns a function that stops it.
 */
export function subscribe(
  client: RedisClient,
  channel: string,
  onMessage: (message: string) => void,
  onReady: () => void,
): () => void {
  if (isNodeRedis(client)) {
    const subscriber = withErrorListener(client.duplicate());
    // Both clients remember their subscriptions, so subscribing again after a reconnect does no harm.
    keepReady(subscriber, () => subscriber.subscribe(channel, onMessage), onReady);
    return () => quietly(() => subscriber.destroy());
  }
  const subscriber = withErrorListener(client.duplicate());
  subscriber.on('message', (_channel, message) => onMessage(message));
  keepReady(subscriber, () => subscriber.subscribe(channel), onReady);
  return () => quietly(() => subscriber.disconnect());
}

function keepReady(
  subscriber: { on(event: string, listener: () => void): unknown; connect(): Promise<unknown> },
  listen: () => Promise<unknown>,
  onReady: () => void,
): void {
  const begin = () => {
    listen().then(onReady, ignore);
  };
  subscriber.on('ready', begin);
  // ioredis connects by itself and rejects a second connect. A cluster is never "ready", but connected.
  subscriber.connect().then(begin, ignore);
}

function isNodeRedis(client: RedisClient): client is NodeRedis {
  return 'evalSha' in client;
}

function quietly(stop: () => unknown): void {
  try {
    stop();
  } catch {
    // It was closed before.
  }
}

function ignore(): void {}
