import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));
// The package's own files run in a browser as they are: ES modules that import only each other.
const OPENAI = dirname(createRequire(import.meta.url).resolve('openai'));
const CLIENT = '/vendor/openai';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** A file of the page by its path; undefined for what is none. */
export function findPageFile(path: string): PageFile | undefined {
  const type = TYPES[path === '/' ? '.html' : extname(path)];
  if (type === undefined) return undefined;
  // Dots must not lead out of the folder.
  const safe = normalize(path);
  const file = safe.startsWith(`${CLIENT}/`)
    ? join(OPENAI, safe.slice(CLIENT.length))
    : join(PUBLIC, safe === '/' ? 'index.html' : safe);
  return existsSync(file) ? { type, body: readFileSync(file, 'utf8') } : undefined;
}
