import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import type { PackedPackage } from './pack.js';

const runFile = promisify(execFile);
const sealed = fileURLToPath(new URL('sealed.cjs', import.meta.url));

describe.each(inject('packed'))('$name, as packed', (packed) => {
  it('can be required from CommonJS, entry by entry, with nothing installed but what it names (R28, R29)', async () => {
    const entries = entriesOf(packed);
    const script = `
      const names = ${JSON.stringify(entries)}.map((entry) => [entry, Object.keys(require(entry)).length]);
      process.stdout.write(JSON.stringify(Object.fromEntries(names)));`;
    const exported = JSON.parse(await runInConsumer(packed, [], script)) as Record<string, number>;

    expect(Object.keys(exported)).toEqual(entries);
    expect(entries.filter((entry) => exported[entry] === 0)).toEqual([]);
  });

  it('does nothing at import: no network, no write, no process, no timer left running (R-SC-2)', async () => {
    const script = `
      // Opened here, so that they do not count.
      const { stdout, stderr } = process;
      const active = () => process.getActiveResourcesInfo().sort().join();
      const before = active();
      Promise.all(${JSON.stringify(entriesOf(packed))}.map((entry) => import(entry)))
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => stdout.write(active() === before ? 'nothing' : active()));`;
    const flags = ['--disallow-code-generation-from-strings', '--require', sealed];

    expect(await runInConsumer(packed, flags, script)).toBe('nothing');
  });
});

/** What a user may write behind `from`: each key of `exports` that is code, a star standing for each file it matches. */
function entriesOf({ name, installed }: PackedPackage): readonly string[] {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>;
  };
  return Object.entries(exports).flatMap(([key, target]) => {
    if (typeof target === 'string') return [];
    const entry = key.replace('.', name);
    if (!key.endsWith('/*')) return [entry];
    return readdirSync(join(installed, dirname(target.default)))
      .filter((file) => file.endsWith('.js'))
      .map((file) => entry.replace('*', file.slice(0, -'.js'.length)));
  });
}

/** Runs a CommonJS script in a folder in which every package is installed, and answers what it printed. */
async function runInConsumer({ consumer }: PackedPackage, flags: readonly string[], script: string): Promise<string> {
  const args = [...flags, '--input-type=commonjs', '--eval', script];
  const { stdout } = await runFile(process.execPath, args, { cwd: consumer, timeout: 20_000 });
  return stdout;
}
