import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

const runFile = promisify(execFile);
const HERE = '127.0.0.1';
const BIN = process.env.POSTGRES_BIN_PATH ?? newestBin('/usr/lib/postgresql');
const isThere = BIN !== undefined && isExecutable(join(BIN, 'initdb')) && isExecutable(join(BIN, 'postgres'));
if (!isThere && process.env.CI === 'true') {
  throw new Error(
    `There is no Postgres at ${BIN ?? '/usr/lib/postgresql'}. CI needs it: install it, or set POSTGRES_BIN_PATH.`,
  );
}

/** Why the tests on Postgres are skipped, for their titles; undefined where they run. */
export const withoutPostgres = isThere
  ? undefined
  : 'no Postgres is in /usr/lib/postgresql (set POSTGRES_BIN_PATH), so nothing is run on it';

/** A Postgres of the test's own. */
export interface PostgresServer {
  /** The address of a new and empty database. */
  database(): Promise<string>;
  /** Ends it as a crash does; what was committed is on disk. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** It keeps its connections and answers nothing, until it is let go on. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts a Postgres with a cluster of its own on a free port. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const user = await ownerOf(folder);
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  await runFile(bin('initdb'), initdb, { cwd: folder, ...user });
  let child = await start();
  let made = 0;

  async function start(): Promise<ChildProcess> {
    const all = {
      listen_addresses: HERE,
      port: String(port),
      unix_socket_directories: folder,
      max_connections: '200',
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const started = spawn(bin('postgres'), ['-D', data, ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user,
    });
    await said(started, 'database system is ready to accept connections');
    return started;
  }

  async function end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  return {
    async database() {
      const name = `test_${made++}`;
      const client = new Client({ connectionString: `postgres://postgres@${HERE}:${port}/postgres` });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return `postgres://postgres@${HERE}:${port}/${name}`;
    },
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT');
      child = await start();
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGCONT');
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function bin(name: string): string {
  return join(BIN ?? '', name);
}

/** Postgres does not run as root: there it runs as the user that its package has made. */
async function ownerOf(folder: string): Promise<{ uid?: number; gid?: number }> {
  if (userInfo().uid !== 0) return {};
  const ids = await Promise.all(['-u', '-g'].map((option) => runFile('id', [option, 'postgres'])));
  const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number(stdout));
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
  return { uid, gid };
}

async function said({ stderr }: ChildProcess, words: string): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    stderr?.setEncoding('utf8');
    // It is read to its end, or a server with much to say would wait for a reader.
    stderr?.on('data', (piece: string) => {
      text = (text + piece).slice(-10_000);
      if (text.includes(words)) resolve();
    });
    stderr?.on('end', () => reject(new Error(`postgres ended at its start: ${text}`)));
  });
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

function newestBin(folder: string): string | undefined {
  try {
    const [newest] = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    return newest === undefined ? undefined : join(folder, newest, 'bin');
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
