import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';

const PACKAGES = new URL('../../packages/', import.meta.url);
const NAMES = readdirSync(PACKAGES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && readdirSync(new URL(entry.name, PACKAGES)).includes('package.json') ? [entry.name] : [],
);

// Packages are compiled side by side: only a reference says which of them comes first.
it.each(NAMES)('packages/%s is compiled after the packages of this repository that it depends on', (name) => {
  const { dependencies = {} } = read(name, 'package.json') as { dependencies?: Record<string, string> };
  const { references = [] } = read(name, 'tsconfig.json') as { references?: { path: string }[] };
  const used = Object.keys(dependencies).flatMap((key) => (key.startsWith('@portico/') ? [basename(key)] : []));
  expect(references.map(({ path }) => basename(path))).toEqual(expect.arrayContaining(used));
});

function read(name: string, file: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}/${file}`, PACKAGES), 'utf8'));
}
