import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENTRY_KEYS, INFO_KEYS, PARAMETER_KEYS } from '../../packages/config/dist/litellm/deployment-keys.js';
import {
  GENERAL_KEYS,
  LITELLM_SETTINGS_KEYS,
  ROUTER_KEYS,
  TOP_KEYS,
} from '../../packages/config/dist/litellm/settings-keys.js';

// What is known of LiteLLM's configuration is written down in one place; no key of it may be missing from our table.

const root = fileURLToPath(new URL('../..', import.meta.url));
const facts = resolve(process.env.PORTICO_SHARED ?? resolve(root, '../shared'), 'reference/litellm.md');

/** Spelled in prose there: several keys in one, an ending, a key with its value. */
const IN_PROSE = /[ {}*<>/:.]|^_/;

describe.skipIf(!existsSync(facts))(
  "every key of LiteLLM's configuration has a row (skipped without the facts)",
  () => {
    it.each([
      ['2.2', [TOP_KEYS]],
      ['2.3', [ENTRY_KEYS, PARAMETER_KEYS, INFO_KEYS]],
      ['2.4', [LITELLM_SETTINGS_KEYS]],
      ['2.5', [ROUTER_KEYS]],
      ['2.6', [GENERAL_KEYS]],
    ])('of section %s', (section, tables) => {
      const keys = keysOfSection(section);
      expect(keys.length).toBeGreaterThan(15);
      expect(keys.filter((key) => !tables.some((table) => Object.hasOwn(table, key)))).toEqual([]);
    });
  },
);

/** The words in backticks in the first column; where that column names a vendor, those of its last one. */
function keysOfSection(section: string): readonly string[] {
  const text = readFileSync(facts, 'utf8');
  const from = text.indexOf(`### ${section} `);
  const rows = text
    .slice(from, text.indexOf('\n### ', from))
    .split('\n')
    .filter((line) => line.startsWith('| '));
  return rows.flatMap((row) => {
    const cells = row.split(/(?<!\\)\|/);
    const named = wordsIn(cells[1] ?? '');
    return named.length > 0 ? named : wordsIn(cells[4] ?? '');
  });
}

function wordsIn(cell: string): readonly string[] {
  const quoted = [...cell.replaceAll(/\([^)]*\)|\{[^}]*\}/g, '').matchAll(/`([^`]+)`/g)];
  return quoted.flatMap(([, words = '']) => words.split(/,\s*/)).filter((word) => word !== '' && !IN_PROSE.test(word));
}
