import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Below test/, so that a snippet finds every package that a test finds.
const cache = fileURLToPath(new URL('../node_modules/.cache/readme-snippets', import.meta.url));

const readmes = [root, ...inject('packed').map(({ source }) => source)].map((source) => {
  const path = join(source, 'README.md');
  const readme = relative(root, path).replaceAll(sep, '/');
  return { readme, text: existsSync(path) ? readFileSync(path, 'utf8') : undefined };
});

describe.each(readmes)('$readme', ({ readme, text }) => {
  it('exists', () => {
    expect(text, `${readme} is missing; npm shows it as the page of the package`).toBeDefined();
  });

  it('compiles: each ts snippet, as a module of its own, against the built packages', () => {
    expect(typeCheck(readme, snippetsOf(text ?? ''))).toEqual([]);
  });

  it('has no code that escapes the compiler', () => {
    const fences = [...(text ?? '').matchAll(/^[ \t]*```(.+)$/gm)].map(([fence]) => fence);
    const escaping = fences.filter((fence) => /```(ts\b|tsx|typescript|mts|js|jsx|javascript|mjs)/.test(fence));
    expect(escaping.filter((fence) => fence !== '```ts')).toEqual([]);
  });
});

/**
 * The ```ts blocks of a README, each as a module whose lines have the numbers they have in the README. What a block
 * takes for granted may stand in an HTML comment right above it, where readers of the page are not bothered with it:
 *
 *     <!-- given
 *     declare const app: import('express').Express;
 *     -->
 */
function snippetsOf(text: string): readonly string[] {
  const blocks = text.matchAll(/(?:^<!-- given\n(?:(?!-->).)*-->\n)?^```ts\n.*?^```$/gms);
  return [...blocks].map((block) => {
    const linesAbove = text.slice(0, block.index).split('\n').length - 1;
    const lines = block[0].replaceAll(/^(<!-- given|-->|```ts|```)$/gm, '');
    return `${'\n'.repeat(linesAbove)}${lines}\nexport {};\n`;
  });
}

/** What the compiler has against the snippets, each complaint beginning with the README's line it is about. */
function typeCheck(readme: string, snippets: readonly string[]): readonly string[] {
  if (snippets.length === 0) return [];
  const folder = join(cache, readme.replaceAll('/', '-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = snippets.map((_, index) => `snippet-${index + 1}.ts`);
  for (const [index, file] of files.entries()) writeFileSync(join(folder, file), snippets[index] ?? '');
  const compilerOptions = {
    noEmit: true,
    composite: false,
    experimentalDecorators: true,
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: ['node'],
  };
  const tsconfig = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));

  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  const complaints = stdout.split(/\n(?! )/).filter((complaint) => complaint !== '');
  return complaints.map((complaint) => complaint.replace(/^snippet-\d+\.ts\((\d+),\d+\)/, `${readme}:$1`));
}
