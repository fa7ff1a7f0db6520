import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from './requirements.js';

const root = join(import.meta.dirname, '..');

function* testFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* testFiles(path);
    else if (isTest(path)) yield path;
  }
}

/** Suites that others run, such as the contract of a store, are no `.test.ts` themselves. */
function isTest(path: string): boolean {
  if (/requirements(\.test)?\.ts$/.test(path)) return false;
  return path.endsWith('.test.ts') || (path.startsWith(join(root, 'test/contracts')) && path.endsWith('.ts'));
}

describe('the promises', () => {
  const tests = ['packages', 'examples', 'test'].flatMap((folder) => [...testFiles(join(root, folder))]);
  const cited = new Set(tests.flatMap((path) => readFileSync(path, 'utf8').match(/\bR-[A-Z]+-\d+\b/g) ?? []));

  it('are each cited by a test', () => {
    expect(REQUIREMENTS.filter(({ id }) => !cited.has(id)).map(({ id, sentence }) => `${id}: ${sentence}`)).toEqual([]);
  });

  it('are written down for every id that a test cites', () => {
    const known = new Set(REQUIREMENTS.map(({ id }) => id));
    expect([...cited].filter((id) => !known.has(id)).sort()).toEqual([]);
  });

  it('have one id each', () => {
    expect(new Set(REQUIREMENTS.map(({ id }) => id)).size).toBe(REQUIREMENTS.length);
  });
});
