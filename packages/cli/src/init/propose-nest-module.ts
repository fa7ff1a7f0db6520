import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, CannotPropose, type Proposal } from './app.js';
import { findEntry } from './detect-app.js';
import { configLines, manifestChange, NAMES, sessionNotes } from './propose-mount.js';
import { sessionLibraries } from './sessions.js';
import { insertLines, readSource } from './source-text.js';

const PACKAGE = '@portico/nestjs';

/** How the root module of a Nest app imports the gateway's module. */
export function proposeNestModule(app: App, version: string): Proposal {
  const { path, text } = findRootModule(app);
  const source = readSource(text);
  if ([...source.imports.values()].includes(PACKAGE)) throw new CannotPropose(`${path} imports ${PACKAGE} already.`);

  const { dependencies } = app.manifest;
  const [library] = sessionLibraries('nestjs');
  const session = library?.packages.find((name) => dependencies[name] !== undefined);
  const config = configLines(session === undefined ? undefined : library, 'principalOf');
  const module = ['LlmModule.forRoot({', "  path: 'llm',", ...config.map((line) => `  ${line}`), '}),'];
  const withModule = withImport(text, source.bare, module, path);
  const after = insertLines(withModule, source.importsEnd, [`import { LlmModule } from '${PACKAGE}';`]);
  return {
    found: `${NAMES.nestjs} ${app.frameworkVersion}, root module in ${path}, ${session ?? 'no session'}.`,
    changes: [manifestChange(app, PACKAGE, version), { path, before: text, after }],
    notes: [
      ...sessionNotes(session),
      ...(session === undefined
        ? []
        : ['A guard must run before the gateway: a global one does, or list yours in "guards", next to "path".']),
      "Nest's own parser rejects bodies over 100 kB on Express and 1 MB on Fastify.",
    ],
  };
}

/** The module with which the app is started. */
function findRootModule(app: App): { readonly path: string; readonly text: string } {
  const main = findEntry(app, /NestFactory\s*\.\s*create/);
  const module = /NestFactory\s*\.\s*create\w*\s*(?:<[^>]*>)?\(\s*(\w+)/.exec(main.text)?.[1] ?? 'AppModule';
  if (new RegExp(`class\\s+${module}\\b`).test(main.text)) return main;
  const from = readSource(main.text).imports.get(module);
  const folder = main.path.replace(/[^/]*$/, '');
  const path = from?.startsWith('.')
    ? join(folder, `${from.replace(/\.js$/, '')}.ts`).replaceAll('\\', '/')
    : undefined;
  if (path === undefined || !existsSync(join(app.folder, path))) {
    throw new CannotPropose(`${main.path} starts ${module}, whose file was not found.`);
  }
  return { path, text: readFileSync(join(app.folder, path), 'utf8') };
}

function withImport(text: string, bare: string, module: readonly string[], path: string): string {
  const decorator = /@Module\s*\(\s*\{/.exec(bare);
  if (decorator === null) throw new CannotPropose(`${path} has no @Module({ … }).`);
  const inside = decorator.index + decorator[0].length;
  const list = /\bimports\s*:\s*\[/.exec(bare.slice(inside));
  if (list === null) {
    const lines = ['  imports: [', ...module.map((line) => `    ${line}`), '  ],'];
    return `${text.slice(0, inside)}\n${lines.join('\n')}${onOwnLine(text.slice(inside), '  ')}`;
  }
  const opened = inside + list.index + list[0].length;
  const lines = module.map((line) => `    ${line}`).join('\n');
  const rest = text.slice(opened);
  const empty = /^\s*\]/.exec(rest);
  if (empty !== null) return `${text.slice(0, opened)}\n${lines}\n  ]${rest.slice(empty[0].length)}`;
  const others = /^[^\S\n]*([^\n[\]]+?),?[^\S\n]*\]/.exec(rest);
  if (others === null) return `${text.slice(0, opened)}\n${lines}${onOwnLine(rest, '    ')}`;
  // A list on one line is split into lines.
  return `${text.slice(0, opened)}\n${lines}\n    ${others[1]},\n  ]${rest.slice(others[0].length)}`;
}

function onOwnLine(rest: string, indent: string): string {
  return /^[^\S\n]*\n/.test(rest) ? rest : `\n${indent}${rest.trimStart()}`;
}
