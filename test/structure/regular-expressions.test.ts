import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tokenizer } from 'acorn';
import { analyse } from 'scslre';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What reads neither callers nor vendors: a developer's own source, the operator's own file, and what only tests use. */
const NO_INPUT = [
  'packages/cli/dist/init/',
  'packages/providers/dist/bedrock/profile-credentials.js',
  'packages/testing/',
];

describe('regular expressions', () => {
  it('of the packages take time in proportion to their text, also where they do not match', () => {
    const files = readdirSync(`${ROOT}packages`, { withFileTypes: true })
      .flatMap((entry) => (entry.isDirectory() ? builtFilesOf(entry.name) : []))
      .filter((file) => !file.endsWith('.test.js') && !NO_INPUT.some((place) => file.startsWith(place)));
    const found = files.flatMap((file) =>
      slowIn(readFileSync(ROOT + file, 'utf8')).map((expression) => `${file}: ${expression}`),
    );
    expect(files.length).toBeGreaterThan(300);
    expect(found).toEqual([]);
  });

  it('that are known to be slow are found', () => {
    expect(slowIn('const type = /^content-type:\\s*(.*?)\\s*$/im;')).toHaveLength(1);
    expect(slowIn('const ends = /\\/+$/;')).toHaveLength(1);
    expect(slowIn('const twice = /^(a+)+$/;')).toHaveLength(1);
    expect(slowIn('const fine = /^a+b+$/;')).toEqual([]);
  });
});

/** The built files, which are plain JavaScript: what is read is what runs. */
function builtFilesOf(name: string): string[] {
  const folder = `packages/${name}/dist`;
  return readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => `${folder}/${file}`);
}

/** The literals of a source that scslre finds to take more than time in proportion to the text. */
function slowIn(source: string): string[] {
  const found = new Set<string>();
  for (const token of tokenizer(source, { ecmaVersion: 'latest', sourceType: 'module' })) {
    if (token.type.label !== 'regexp' || !('value' in token)) continue;
    const { pattern, flags } = token.value as { pattern: string; flags: string };
    if (analyse({ source: pattern, flags }).reports.length > 0) found.add(`/${pattern}/${flags}`);
  }
  return [...found];
}
