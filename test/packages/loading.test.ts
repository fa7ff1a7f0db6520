import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import type { PackedPackage } from './pack.js';

const runFile = promisify(execFile);
const sealed = fileURLToPath(new URL('sealed.cjs', import.meta.url));
const entries = inject('packed').flatMap((pack) => entriesOf(pack).map((entry) => ({ entry, pack })));

describe.each(entries)('$entry, as packed', ({ entry, pack }) => {
  it('can be required from CommonJS (R29)', async () => {
    const names = await inConsumer(pack, [], `console.log(JSON.stringify(Object.keys(require('${entry}'))))`);
    expect(JSON.parse(names)).not.toEqual([]);
  });

  it('does nothing at import: no network, no write, no process, no timer left running (R-SC-2, R28)', async () => {
    const script = `
      const before = process.getActiveResourcesInfo().length;
      import('${entry}').then(() => {
        const left = process.getActiveResourcesInfo().slice(before);
        process.stdout.write(JSON.stringify(left));
      });`;
    expect(await inConsumer(pack, ['--require', sealed], script)).toBe('[]');
  });
});

/** What a user may write behind `from`: each key of `exports`, a star standing for each file it matches. */
function entriesOf({ name, installed }: PackedPackage): string[] {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>;
  };
  return Object.entries(manifest.exports).flatMap(([key, target]) => {
    if (typeof target === 'string') return [];
    if (!key.includes('*')) return [join(name, key)];
    const folder = join(installed, target.default, '..');
    const modules = readdirSync(folder).filter((file) => file.endsWith('.js') && file !== 'index.js');
    return modules.map((file) => join(name, key.replace('*', file.slice(0, -'.js'.length))));
  });
}

/** Runs a CommonJS script in a folder in which all packages are installed, and answers what it printed. */
async function inConsumer({ consumer }: PackedPackage, flags: readonly string[], script: string): Promise<string> {
  const { stdout } = await runFile(process.execPath, [...flags, '--input-type=commonjs', '--eval', script], {
    cwd: consumer,
    timeout: 20_000,
  });
  return stdout;
}
