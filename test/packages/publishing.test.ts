import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';

const runFile = promisify(execFile);
const attwFolder = dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json'));

describe.each(inject('packed'))('$name, as packed', ({ tarball, installed, source }) => {
  it('is sound in the eyes of publint', async () => {
    const packed = new Uint8Array(readFileSync(tarball));
    const { messages, pkg } = await publint({ pack: { tarball: packed.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that fit its code in the eyes of attw', async () => {
    const attw = [join(attwFolder, 'dist/index.js'), tarball, '--profile', 'esm-only', '--no-color'];
    const complaint = await runFile(process.execPath, attw).then(
      () => '',
      (failure: unknown) => (failure as { stdout: string }).stdout,
    );
    expect(complaint).toBe('');
  });

  it('holds its README, the licence, compiled modules, the sources their maps point to, files for operators and databases, and nothing else', () => {
    const files = readdirSync(installed, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));

    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: object };
    const named = Object.keys(exports).map((entry) => entry.slice('./'.length));
    const others = files.filter(
      (file) => !/^dist\/.*(?<!\.test)(\.d\.ts|\.js)(\.map)?$/.test(file) && !/^src\/.*(?<!\.test)\.ts$/.test(file),
    );
    const forOthers = ['deploy', 'migrations'].flatMap((folder) =>
      readdirSync(source).includes(folder) ? readdirSync(join(source, folder)).map((file) => `${folder}/${file}`) : [],
    );
    const expected = ['LICENSE', 'README.md', ...named.filter((file) => file.endsWith('.json')), ...forOthers];
    expect(others.sort()).toEqual(expected.sort());
  });
});
