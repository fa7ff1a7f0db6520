import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const HOUSE = ['packages', 'examples', 'test', 'README.md', 'LICENSE'];
const PLUMBING = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'tsconfig.base.json', 'node_modules'];

it('the top level is what the architecture lists; whatever a tool needs beside that begins with a dot', () => {
  const others = readdirSync(root).filter((name) => !name.startsWith('.') && ![...HOUSE, ...PLUMBING].includes(name));
  expect(others).toEqual([]);
});

it('the lock file names packages by version and hash, never the registry that answered', () => {
  const lines = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').split('\n');
  expect(lines.filter((line) => /:\/\/|tarball:/.test(line))).toEqual([]);
});
