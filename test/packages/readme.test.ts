import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, it } from 'vitest';

interface Snippet {
  /** A module with the snippet's lines at the line numbers they have in the README. */
  readonly module: string;
  readonly path: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside test/, so that snippets find every package the tests find.
const folder = fileURLToPath(new URL('../node_modules/.cache/readme-snippets', import.meta.url));

const readmes = [root, ...inject('packed').map(({ source }) => source)].map((source) => {
  const path = join(source, 'README.md');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  return { readme: relative(root, path), text, snippets: snippetsOf(relative(root, path), text ?? '') };
});

let complaints: readonly string[] = [];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const snippets = readmes.flatMap((readme) => readme.snippets);
  for (const { path, module } of snippets) writeFileSync(join(folder, path), module);
  complaints = typeCheck(snippets.map(({ path }) => path));
});

describe.each(readmes)('$readme', ({ readme, text, snippets }) => {
  it('exists', () => {
    expect(text, `${readme} is missing: npm shows it as the page of the package`).toBeDefined();
  });

  it('compiles: every ts snippet, as a module of its own, against the built packages', () => {
    const names = snippets.map(({ path }) => path);
    expect(complaints.filter((line) => names.some((name) => line.startsWith(name)))).toEqual([]);
  });

  it('has no code that escapes the compiler', () => {
    const fences = [...(text ?? '').matchAll(/^\s*```(\S+.*)$/gm)].map((match) => match[1] ?? '');
    const escaping = fences.filter((info) => /^(ts\b.+|tsx|typescript|js|jsx|javascript|mts|mjs)/.test(info));
    expect(escaping, 'mark code as ```ts, with nothing behind it').toEqual([]);
  });
});

/**
 * The ```ts blocks of a README, each as one module. What a snippet takes for granted stands in an HTML comment that
 * ends on the line above it, so that readers of the page are not bothered with it:
 *
 *     <!-- given
 *     declare const app: import('express').Express;
 *     -->
 */
function snippetsOf(readme: string, text: string): readonly Snippet[] {
  const pattern = /(?:<!-- given\n(?<given>.*?)-->\n)?^```ts\n(?<code>.*?)^```$/gms;
  return [...text.matchAll(pattern)].map((match, index) => {
    const lines = text.slice(0, match.index + match[0].length).split('\n').length;
    return {
      path: `${readme.replaceAll(/[\\/]/g, '+')}.${index + 1}.ts`,
      module: `${'\n'.repeat(0)}${lines}`,
    };
  });
}
