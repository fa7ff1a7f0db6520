import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { breaches } from './import-law.js';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
const names = readdirSync(packages, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('arrows point down', () => {
  it.each(names.map(({ name }) => name))('in packages/%s', (name) => {
    const sources = sourcesOf(name);
    expect(sources).not.toEqual([]);
    expect(sources.flatMap((path) => breaches(path, readFileSync(join(packages, path), 'utf8')))).toEqual([]);
  });
});

it('what needs the test kit lies apart, so that an application in production does not', () => {
  const users = sourcesOf('nestjs').filter((path) =>
    readFileSync(join(packages, path), 'utf8').includes(`from '@portico/testing'`),
  );
  expect(users.filter((path) => !path.startsWith('nestjs/src/testing/'))).toEqual([]);
  expect(users).not.toEqual([]);
});

describe('the law notices', () => {
  it.each([
    ['core/src/routing/a.ts', `import { b } from '../identity/b.js';`, 'rooms never import each other'],
    ['core/src/call.ts', `import type { A } from './pipeline/a.js';`, 'concepts may not know pipeline/'],
    ['core/src/pricing/a.ts', `export { b } from '../pipeline/b.js';`, 'pricing/ may not know pipeline/'],
    ['core/src/pipeline/a.ts', `import { b } from '../create-gateway.js';`, 'may not know the composition root'],
    ['core/src/attic/a.ts', `import { b } from '../call.js';`, 'nothing says what core/src/attic/ may import'],
    ['core/src/call.ts', `import { readFile } from 'node:fs';`, 'packages/core may import only'],
    ['core/src/call.ts', `const { Agent } = await import('undici');`, 'packages/core may import only'],
    ['core/src/call.ts', `import { a } from '../../node/src/a.js';`, 'imported by its name'],
    ['core/src/call.ts', `const shape = isOpenAiShape();`, 'so no openai'],
    ['core/src/call.ts', `const url = 'redis://localhost';`, 'so no redis'],
    ['core/src/call.ts', 'const key = `azure-`;', 'so no azure'],
    ['providers/src/a.ts', `import { b } from '@portico/node';`, 'packages/providers may import only @portico/core'],
    ['node/src/a.ts', `import express from 'express';`, 'packages/node may import only'],
    ['express/src/a.ts', `import Koa from 'koa';`, 'packages/express may import only'],
    ['koa/src/a.ts', `import express from 'express';`, 'packages/koa may import only'],
    ['attic/src/a.ts', `import Koa from 'koa';`, 'nothing says what packages/attic may import'],
  ])('in %s: %s', (path, source, rule) => {
    expect(breaches(path, source)).toEqual([expect.stringContaining(rule)]);
  });

  it('nothing in a comment, in an expression, or in what lies below', () => {
    const source = `
      // OpenAI and Azure disagree here.
      import type { Call } from '../call.js';
      import { z } from 'zod';
      const regularExpression = /a/;`;
    expect(breaches('core/src/pipeline/a.ts', source)).toEqual([]);
  });
});

function sourcesOf(name: string): readonly string[] {
  return readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => relative(packages, join(packages, name, 'src', file)).replaceAll(sep, '/'));
}
