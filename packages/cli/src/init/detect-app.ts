import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, CannotPropose, type Framework, type Manifest } from './app.js';
import { readManifest } from './read-manifest.js';

/** By its package; an app may have several, and the first match decides. */
const FRAMEWORKS: readonly (readonly [string, Framework])[] = [
  ['@nestjs/core', 'nestjs'],
  ['next', 'next'],
  ['fastify', 'fastify'],
  ['koa', 'koa'],
  ['hono', 'hono'],
  ['express', 'express'],
];

/** The framework of the app in a folder. */
export function detectApp(folder: string): App {
  const manifest = readManifest(folder);
  for (const [name, framework] of FRAMEWORKS) {
    const frameworkVersion = manifest.dependencies[name];
    if (frameworkVersion !== undefined) return { folder, framework, frameworkVersion, manifest };
  }
  const names = FRAMEWORKS.map(([name]) => name).join(', ');
  throw new CannotPropose(`package.json contains no supported framework: ${names}.`);
}

/** The usual names of an entry file. */
const USUAL_FILES = ['server', 'app', 'index', 'main'];
const USUAL_FOLDERS = ['src/', '', 'server/', 'app/'];
const ENDINGS = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

/** The file in which the app is created, found with `makes`. */
export function findEntry(app: App, makes: RegExp): { readonly path: string; readonly text: string } {
  const tried: string[] = [];
  for (const path of candidates(app.manifest)) {
    const full = join(app.folder, path);
    if (tried.includes(path) || !existsSync(full)) continue;
    tried.push(path);
    const text = readFileSync(full, 'utf8');
    if (makes.test(text)) return { path, text };
  }
  const looked = tried.length === 0 ? 'no file with a usual name' : tried.join(', ');
  throw new CannotPropose(`The file that makes the app was not found: ${looked} was looked at.`);
}

function candidates({ main, scripts }: Manifest): readonly string[] {
  const named = [...Object.values(scripts), main ?? '']
    .flatMap((command) => command.match(/[\w@./-]+\.[cm]?[jt]s\b/g) ?? [])
    .map((path) => path.replace(/^\.\//, ''))
    .flatMap((path) => [path, ...sourcesOf(path)]);
  const usual = USUAL_FOLDERS.flatMap((folder) =>
    USUAL_FILES.flatMap((file) => ENDINGS.map((ending) => `${folder}${file}${ending}`)),
  );
  return [...named.filter((path) => !/(?:^|\/)(?:node_modules|test|dist|build)\//.test(path)), ...usual];
}

/** The source of a compiled file. */
function sourcesOf(path: string): readonly string[] {
  const inside = /^(?:dist|build|out)\/(.*)\.[cm]?js$/.exec(path)?.[1];
  return inside === undefined ? [] : [`src/${inside}.ts`, `${inside}.ts`, `src/${inside}.js`];
}
