import { dirname, join } from 'node:path/posix';
import { parseSync, Visitor } from 'oxc-parser';

// The law of the house (architecture, "arrows point down"): what each package, and each part of core, may import.
// Whoever adds a package or a folder says here what it may know.

/** Folders of concepts that belong together. With the files at the top of core they are the ground floor: all may import them. */
const CONCEPT_FOLDERS = ['encoding', 'forms', 'hooks', 'operations', 'routes', 'settings', 'stores', 'usage'];

/** Folders of core in which work is done. Each imports concepts and itself, and no other of these. */
const ROOMS = ['config', 'delivery', 'identity', 'pricing', 'routing', 'streams', 'translation'];

/** The parts of core, from the ground up. A part may import those before it; of the rooms, only itself. */
const STAIRS = [
  'concepts',
  ...ROOMS.map((room) => `${room}/`),
  'attempts/',
  'accounts/',
  'endpoints/',
  'pipeline/',
  'jobs/',
  'entrypoints/',
  'composition/',
  'the composition root',
];

/** What the package exports, by who needs it: like the composition root, these files may import every folder. */
const TIERS = 'tiers/';

/** The files at the top of core that are no concepts: they know every folder, and nobody knows them. */
const COMPOSITION_ROOT = ['index.ts', 'create-gateway.ts'];

/** What a package may import beside its own files. `node:` stands for all of Node's own modules. */
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  core: ['@pydantic/genai-prices', 'eventsource-parser', 'lru-cache', 'safe-stable-stringify', 'tokenx', 'zod'],
  providers: ['@portico/core'],
  node: ['@portico/core', '@portico/providers', 'gpt-tokenizer', 'node:', 'tokenx', 'undici', 'ws'],
  express: ['@portico/core', '@portico/node', '@portico/providers', 'express', 'node:'],
  fastify: ['@portico/core', '@portico/node', 'fastify', 'node:'],
  nestjs: ['@nestjs/common', '@nestjs/core', '@portico/core', '@portico/node', '@portico/testing', 'node:', 'rxjs'],
  'ai-sdk': ['@ai-sdk/provider', '@portico/core', '@portico/providers'],
  fetch: ['@portico/core', '@portico/providers'],
  koa: ['@portico/core', '@portico/node', 'koa', 'node:'],
  testing: ['@portico/core', 'node:'],
  'store-redis': ['@portico/core', 'node:'],
  admin: ['@portico/core', 'zod'],
  'store-sql': ['@portico/core', 'kysely', 'node:'],
  config: ['@portico/core', '@portico/providers', 'node:', 'yaml'],
  cli: [
    '@portico/admin',
    '@portico/config',
    '@portico/core',
    '@portico/node',
    '@portico/store-redis',
    '@portico/store-sql',
    '@redis/client',
    'node-sqlite3-wasm',
    'node:',
    'pg',
  ],
};

const VENDORS = ['openai', 'anthropic', 'azure', 'bedrock', 'gemini', 'vertex', 'mistral', 'cohere', 'groq', 'ollama'];
const FRAMEWORKS = ['express', 'koa', 'nestjs', 'fastify', 'hono'];
const DATABASES = ['redis', 'postgres', 'sqlite', 'mysql', 'mongodb'];

/** Words that core has no use for, be it in a name or in a string. */
const STRANGERS = [...VENDORS, ...FRAMEWORKS, ...DATABASES];

/**
 * What a source file breaks of the law, as sentences. `path` is relative to packages/ (`core/src/routing/attempts.ts`).
 */
export function breaches(path: string, source: string): readonly string[] {
  const [name = '', , ...inside] = path.split('/');
  const neighbours = NEIGHBOURS[name];
  if (neighbours === undefined) return [`${path}: nothing says what packages/${name} may import`];

  const parsed = parse(path, source);
  const imports = parsed.imports.flatMap(({ specifier, line }) => {
    const rule = specifier.startsWith('.')
      ? breachInside(name, inside.join('/'), specifier)
      : breachOutside(name, neighbours, specifier);
    return rule === undefined ? [] : [`${path}:${line} imports '${specifier}': ${rule}`];
  });
  if (name !== 'core') return imports;
  return [...imports, ...parsed.words.flatMap(({ text, line }) => strangerIn(text, `${path}:${line}`))];
}

function breachOutside(name: string, neighbours: readonly string[], specifier: string): string | undefined {
  const target = specifier.startsWith('node:')
    ? 'node:'
    : specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (neighbours.includes(target)) return undefined;
  return `packages/${name} may import only ${neighbours.join(', ')}`;
}

function breachInside(name: string, importer: string, specifier: string): string | undefined {
  const imported = join(dirname(importer), specifier).replace(/\.js$/, '.ts');
  if (imported.startsWith('..')) return 'another package is imported by its name';
  if (name !== 'core') return undefined;

  const [from, to] = [partOf(importer), partOf(imported)];
  for (const part of [from, to]) {
    if (!STAIRS.includes(part)) return `nothing says what core/src/${part} may import, and who may import it`;
  }
  if (from === to) return undefined;
  if (isRoom(from) && isRoom(to)) return `${from} and ${to} are neighbours, and rooms never import each other`;
  if (STAIRS.indexOf(to) < STAIRS.indexOf(from)) return undefined;
  return `arrows point down, and ${from} may not know ${to}`;
}

function partOf(file: string): string {
  if (COMPOSITION_ROOT.includes(file) || file.startsWith(TIERS)) return 'the composition root';
  const [folder = ''] = file.split('/', 1);
  return !file.includes('/') || CONCEPT_FOLDERS.includes(folder) ? 'concepts' : `${folder}/`;
}

function isRoom(part: string): boolean {
  return ROOMS.includes(part.slice(0, -1));
}

function strangerIn(text: string, place: string): readonly string[] {
  // `openAiShape`, `OpenAIShape` and `openai_shape` all hold the word; `expression` does not hold `express`.
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const pairs = words.map((word, at) => `${word}${words[at + 1] ?? ''}`);
  const found = STRANGERS.filter((stranger) => words.includes(stranger) || pairs.includes(stranger));
  return found.map(
    (stranger) => `${place} says '${text}': core knows no vendor, framework or database, so no ${stranger}`,
  );
}

interface Placed {
  readonly line: number;
}

interface Parsed {
  readonly imports: readonly (Placed & { readonly specifier: string })[];
  /** Identifiers and strings; comments may name whom they like. */
  readonly words: readonly (Placed & { readonly text: string })[];
}

function parse(path: string, source: string): Parsed {
  const { program, module, errors } = parseSync(path, source, { lang: 'ts', sourceType: 'module' });
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);

  const line = (offset: number): number => source.slice(0, offset).split('\n').length;
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])),
    ...module.dynamicImports.map(({ moduleRequest }) => moduleRequest),
  ];
  const words: { text: string; line: number }[] = [];
  const visit = (text: string, start: number): void => void words.push({ text, line: line(start) });
  new Visitor({
    Identifier: ({ name, start }) => visit(name, start),
    Literal: ({ value, start }) => (typeof value === 'string' ? visit(value, start) : undefined),
    TemplateElement: ({ value, start }) => visit(value.raw, start),
  }).visit(program);

  return {
    imports: requests.map(({ start, end }) => ({
      // With its quotes; an import of something computed is shown as it is written.
      specifier: source.slice(start, end).replaceAll(/^['"`]|['"`]$/g, ''),
      line: line(start),
    })),
    words,
  };
}
