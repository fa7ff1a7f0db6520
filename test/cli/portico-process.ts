import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url));

/** Writes a configuration file that is gone after the test. */
export function put(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'config.yaml'), text);
  return join(folder, 'config.yaml');
}

export interface Launched {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  output(): string;
  errors(): string;
}

/** Runs `portico` in a process of its own. */
export function launch(args: readonly string[], environment: Readonly<Record<string, string>>): Launched {
  const env = { PATH: process.env.PATH ?? '', ...environment };
  const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (errors += data));
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, exit, output: () => output, errors: () => errors };
}

/** Starts a server on a free port, and waits until it says where it is. */
export async function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Launched & { url: string }> {
  const launched = launch([...args, '--port', '0'], environment);
  const stopped = launched.exit.then(() => 'stopped');
  for (;;) {
    const url = /http:\/\/localhost:\d+/.exec(launched.output())?.[0];
    if (url !== undefined) return { ...launched, url };
    if ((await Promise.race([stopped, once(launched.child.stdout ?? launched.child, 'data')])) === 'stopped') break;
  }
  throw new Error(`portico did not start: ${launched.errors()}`);
}
