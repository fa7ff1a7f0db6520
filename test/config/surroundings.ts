import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadOptions } from '@portico/config';

const corpus = fileURLToPath(new URL('corpus', import.meta.url));

/** The variables a file refers to, as they would be set; those that are missing on purpose are not. */
export function surroundings(file: string): ReadOptions {
  const text =
    readFileSync(resolve(corpus, file), 'utf8') + readFileSync(resolve(corpus, 'shared/more-models.yaml'), 'utf8');
  const names = [...text.matchAll(/os\.environ\/(\w+)/g)].flatMap(([, name]) => name ?? []);
  const set = names
    .filter((name) => !name.startsWith('MISSING_'))
    .map((name) => [name, `value-of-${name}-that-is-long`]);
  return {
    environment: Object.fromEntries(set),
    plugins: { ledger: { name: 'ledger' }, 'house-rules': { name: 'house-rules' } },
  };
}
