import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';

const REDIS_SERVER = process.env.REDIS_SERVER_PATH ?? '/usr/bin/redis-server';
const HERE = '127.0.0.1';
const isThere = isExecutable(REDIS_SERVER);
if (!isThere && process.env.CI === 'true') {
  throw new Error(`There is no redis-server at ${REDIS_SERVER}. CI needs it: install it, or set REDIS_SERVER_PATH.`);
}

/** Why the tests of shared stores are skipped, for their titles; undefined where they run. */
export const withoutRedis = isThere
  ? undefined
  : `no redis-server is at ${REDIS_SERVER} (set REDIS_SERVER_PATH), so nothing is run on it`;

/** A Redis of the test's own. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends it as a crash does, with everything it knows. */
  kill(): Promise<void>;
  /** Starts it again on its port, empty. */
  restart(): Promise<void>;
  /** It keeps its connections and answers nothing, until it is let go on. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts a Redis on a free port that keeps nothing on disk; as the only node of a cluster if asked. */
export async function startRedis({ cluster = false } = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-redis-'));
  const port = await freePort();
  const url = `redis://${HERE}:${port}`;
  let child = await start();

  async function start(): Promise<ChildProcess> {
    const settings = { port, bind: HERE, dir: folder, save: '', appendonly: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    // Without an address that it tells, it has none to send clients to.
    const clustered = [
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      `${await freePort()}`,
      '--cluster-announce-ip',
      HERE,
    ];
    const started = spawn(REDIS_SERVER, cluster ? [...args, ...clustered] : args, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await said(started, 'Ready to accept connections');
    if (cluster) await takeAllSlots();
    return started;
  }

  async function takeAllSlots(): Promise<void> {
    const client = await createClient({ url }).connect();
    await client.clusterAddSlotsRange({ start: 0, end: 16_383 });
    while (!(await client.clusterInfo()).includes('cluster_state:ok')) {
      // It takes a moment to believe that it is a cluster.
    }
    client.destroy();
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  return {
    port,
    url,
    kill,
    async restart() {
      await kill();
      child = await start();
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function said({ stdout }: ChildProcess, words: string): Promise<void> {
  let text = '';
  for await (const piece of stdout ?? []) {
    text += piece;
    if (text.includes(words)) return;
  }
  throw new Error(`redis-server ended at its start: ${text}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HERE);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('A server without a port.');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
