import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { rolldown } from 'rolldown';

const RUNTIMES = join(import.meta.dirname, '../hosts/runtimes/package.json');
const EXAMPLE = join(dirname(createRequire(RUNTIMES).resolve('@portico/example-fetch')), '.');

/** A runtime that is not Node: the package that brings it, its program therein, and how it is told to serve. */
interface Runtime {
  readonly package: string;
  readonly program: string;
  args(port: number, environment: Readonly<Record<string, string>>, folder: string): Promise<readonly string[]>;
}

const KNOWN = {
  Bun: {
    package: '@oven/bun-linux-x64-baseline',
    program: 'bin/bun',
    args: () => Promise.resolve(['run', join(EXAMPLE, 'server.js')]),
  },
  Deno: {
    package: '@deno/linux-x64-glibc',
    program: 'deno',
    args: (port) =>
      Promise.resolve([
        'serve',
        '--no-remote',
        '--no-prompt',
        '--node-modules-dir=manual',
        '--allow-env',
        '--allow-net=127.0.0.1',
        '--allow-read',
        '--host=127.0.0.1',
        `--port=${port}`,
        join(EXAMPLE, 'server.js'),
      ]),
  },
  Workers: {
    package: '@cloudflare/workerd-linux-64',
    program: 'bin/workerd',
    async args(port, environment, folder) {
      const bundle = await rolldown({
        input: join(EXAMPLE, 'worker.js'),
        platform: 'neutral',
        logLevel: 'silent',
        resolve: { mainFields: ['module', 'main'] },
      });
      await bundle.write({ file: join(folder, 'worker.mjs'), codeSplitting: false });
      await bundle.close();
      writeFileSync(join(folder, 'config.capnp'), workerConfig(port, environment));
      return ['serve', join(folder, 'config.capnp')];
    },
  },
} as const satisfies Record<string, Runtime>;

export type RuntimeName = keyof typeof KNOWN;
export const RUNTIME_NAMES = Object.keys(KNOWN) as RuntimeName[];

/** Where the runtime's program is; undefined on machines for which its package has none. */
export function programOf(name: RuntimeName): string | undefined {
  const folder = join(dirname(RUNTIMES), 'node_modules', KNOWN[name].package);
  const path = join(folder, KNOWN[name].program);
  return existsSync(path) ? path : undefined;
}

export interface Running {
  readonly origin: string;
  /** What it printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Serves `examples/fetch` in a runtime. */
export async function startRuntime(name: RuntimeName, environment: Readonly<Record<string, string>>): Promise<Running> {
  const program = programOf(name);
  if (program === undefined) throw new Error(`There is no ${name} here.`);
  const folder = mkdtempSync(join(tmpdir(), 'portico-runtime-'));
  const port = await freePort();
  const args = await KNOWN[name].args(port, environment, folder);
  const child = spawn(program, args, {
    cwd: EXAMPLE,
    env: { PATH: process.env.PATH, HOME: folder, PORT: String(port), NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += String(piece)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const origin = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answers(origin, child);
  } catch (cause) {
    await stop();
    throw new Error(`${name} did not start:\n${output}`, { cause });
  }
  return { origin, output: () => output, stop };
}

/** A Worker's own environment is what its configuration binds. */
function workerConfig(port: number, environment: Readonly<Record<string, string>>): string {
  const bindings = Object.entries(environment).map(
    ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-01-01",
      bindings = [${bindings.join(', ')}],
      globalOutbound = "internet",
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}

async function answers(origin: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
    const isUp = await fetch(origin).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await delay(50);
  }
  throw new Error('Nobody answered within 15 seconds.');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
