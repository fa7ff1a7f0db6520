import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const runFile = promisify(execFile);

it('portico runs as npx would run it, from its tarball, with nothing installed but what it names', async () => {
  const cli = inject('packed').find(({ name }) => name === '@portico/cli');
  const installed = cli?.installed ?? '';
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    readonly version: string;
    readonly bin: { readonly portico: string };
  };
  const bin = join(installed, manifest.bin.portico);
  expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect((await runFile(process.execPath, [bin, '--version'])).stdout).toBe(`${manifest.version}\n`);
  const check = runFile(process.execPath, [bin, 'check', join(installed, 'nowhere.yaml')]);
  await expect(check).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('there is no such file') });
});
