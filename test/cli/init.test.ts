import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '@portico/cli';
import { parseSync } from 'oxc-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SAMPLE_APPS, type SampleApp } from './sample-apps.js';

describe.each(Object.entries(SAMPLE_APPS))('portico init: %s', (title, files) => {
  it('prints what it found and the difference it would make, and touches nothing', async () => {
    const folder = put(files);
    const { code, output } = await init(folder);
    expect(code).toBe(0);
    await expect(`${output}\n`).toMatchFileSnapshot(
      `init/${title.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase()}.txt`,
    );
    for (const [path, text] of Object.entries(files)) expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
  });

  it('with --write does just that: the difference applies, and what comes of it is a program', async () => {
    const [printed, written] = [put(files), put(files)];
    const { output } = await init(printed);
    await init(written, '--write');
    const patch = output.slice(output.indexOf('--- '), output.lastIndexOf('\n\n')).replace(/\n\n(?=[A-Z]).*$/s, '');
    execFileSync('git', ['apply', '-'], { cwd: printed, input: `${patch}\n` });
    for (const path of changedFiles(output)) {
      const text = readFileSync(join(written, path), 'utf8');
      expect(readFileSync(join(printed, path), 'utf8')).toBe(text);
      if (path.endsWith('.json')) expect(JSON.parse(text).dependencies).toHaveProperty([mountOf(text)]);
      else expect(parseSync(path, text).errors).toEqual([]);
    }
  });
});

describe('portico init says why it proposes nothing', () => {
  it.each([
    ['without a package.json', {}, 'There is no package.json here.'],
    [
      'without a framework',
      { 'package.json': '{"dependencies":{"left-pad":"1"}}' },
      'contains no supported framework: @nestjs/core',
    ],
    [
      'without the file that makes the app',
      { 'package.json': '{"dependencies":{"express":"5"}}', 'index.js': '' },
      'index.js was looked at',
    ],
    [
      'where the gateway is already',
      {
        'package.json': '{"dependencies":{"koa":"3"}}',
        'app.js': "import Koa from 'koa';\nimport { llmGateway } from '@portico/koa';\nconst app = new Koa();\n",
      },
      'app.js imports @portico/koa already.',
    ],
    [
      'without routes of the App Router',
      { 'package.json': '{"dependencies":{"next":"16"}}' },
      'There is no app folder here',
    ],
  ])('%s', async (_what, files, message) => {
    const { code, output } = await init(put(files));
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).toContain('Nothing was changed.');
  });
});

function put(files: SampleApp): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-init-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function init(folder: string, ...args: readonly string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  const code = await run(['init', ...args], { out: write, error: write, colours: false, folder, environment: {} });
  return { code, output: lines.join('\n') };
}

function changedFiles(output: string): readonly string[] {
  return [...output.matchAll(/^\+\+\+ b\/(.*)$/gm)].flatMap(([, path]) => path ?? []);
}

function mountOf(manifest: string): string {
  return /"(@portico\/\w+)"/.exec(manifest)?.[1] ?? '';
}
