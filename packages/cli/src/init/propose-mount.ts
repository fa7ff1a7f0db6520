import { type App, CannotPropose, type FileChange, type Proposal } from './app.js';
import { findEntry } from './detect-app.js';
import { withDependency } from './read-manifest.js';
import { type SessionLibrary, sessionLibraries } from './sessions.js';
import { endOfStatement, insertLines, readSource, type SourceText } from './source-text.js';

/** Frameworks with an app object to which middleware is added. */
type Mounted = 'express' | 'koa' | 'fastify' | 'hono';

interface Habits {
  /** Creates the app; its first group is the app's name. Its second is the name in a function that gets the app. */
  readonly makes: RegExp;
  readonly package: string;
  /** What is imported from it. */
  readonly name: string;
  /** Packages that parse bodies. */
  readonly parsers: readonly string[];
  /** The statement that mounts the gateway, from the app's name and the lines of the configuration. */
  mount(app: string, config: readonly string[]): readonly string[];
}

const MAKES = String.raw`(?:const|let|var)\s+(\w+)(?:\s*:[^=]+)?\s*=\s*(?:await\s+)?`;

/** The format of `fastify-cli`: a function that gets the app. */
const GIVEN = String.raw`(?:(?:export\s+default|module\.exports\s*=)\s*(?:async\s+)?(?:function\s*\w*\s*)?|FastifyPlugin\w+\b[^=\n]*=\s*(?:async\s+)?)\(\s*(\w+)[^{]*\)[^{]*\{`;

const HABITS: Readonly<Record<Mounted, Habits>> = {
  express: {
    makes: new RegExp(`${MAKES}express\\(`),
    package: '@portico/express',
    name: 'llmGateway',
    parsers: ['body-parser'],
    mount: (app, config) => [`${app}.use('/llm', llmGateway({`, ...indented(config), '}));'],
  },
  koa: {
    makes: new RegExp(`${MAKES}new\\s+Koa\\b`),
    package: '@portico/koa',
    name: 'llmGateway',
    parsers: ['koa-bodyparser', '@koa/bodyparser', 'koa-body'],
    mount: (app, config) => [`${app}.use(llmGateway({`, "  prefix: '/llm',", ...indented(config), '}));'],
  },
  fastify: {
    makes: new RegExp(`${MAKES}(?:[Ff]astify|require\\(\\s*['"]fastify['"]\\s*\\))\\s*(?:<[^>]*>)?\\(|${GIVEN}`),
    package: '@portico/fastify',
    name: 'llmGateway',
    parsers: ['@fastify/formbody', '@fastify/multipart'],
    mount: (app, config) => [`${app}.register(llmGateway({`, ...indented(config), "}), { prefix: '/llm' });"],
  },
  hono: {
    makes: new RegExp(`${MAKES}new\\s+Hono\\b`),
    package: '@portico/node',
    name: 'createGateway',
    parsers: [],
    mount: (app, config) => [
      'const gateway = createGateway({',
      ...indented(config),
      '});',
      `${app}.all('/llm/*', (c) => gateway.fetch(c.req.raw, { c }, { prefix: '/llm' }));`,
    ],
  },
};

/** How the gateway is mounted in an app that is created in one file. */
export function proposeMount(app: App & { readonly framework: Mounted }, version: string): Proposal {
  const habits = HABITS[app.framework];
  const entry = findEntry(app, habits.makes);
  const source = readSource(entry.text);
  if ([...source.imports.values()].includes(habits.package)) {
    throw new CannotPropose(`${entry.path} imports ${habits.package} already.`);
  }
  const made = habits.makes.exec(source.text);
  if (made === null || source.bare.charAt(made.index) === ' ')
    throw new CannotPropose(`${entry.path} creates an app only inside a comment or string.`);
  const [behind, own, given] = made;
  const name = own ?? given ?? 'app';
  const uses = usesOf(source, name);
  const session = findSession(app, source, uses);
  const parsers = uses.filter(({ text }) => isParser(text, source, habits));

  // Before the first body parser, and after what comes before that: loggers, cors.
  const ahead = uses.filter(({ end }) => end <= (parsers[0]?.start ?? 0)).at(-1);
  const start = given === undefined ? endOfStatement(source.bare, made.index) : made.index + behind.length;
  const place = session?.end ?? ahead?.end ?? start;
  const lines = habits.mount(name, configLines(session?.library));
  const mount = given !== undefined && place === start ? indented(lines) : ['', ...lines];
  const isFollowed = /^[^\n]*\n[^\S\n]*\S/.test(source.text.slice(place));
  const withMount = insertLines(source.text, place, isFollowed ? [...mount, ''] : mount);
  const quote = /from\s+"|require\("/.test(source.text) ? '"' : "'";
  const from = `${quote}${habits.package}${quote}`;
  const line = source.usesRequire
    ? `const { ${habits.name} } = require(${from});`
    : `import { ${habits.name} } from ${from};`;
  const after = insertLines(withMount, source.importsEnd, [line]);

  const before = parsers.filter(({ start }) => start < place);
  return {
    found: foundWords(app, entry.path, session, parsers),
    changes: [manifestChange(app, habits.package, version), { path: entry.path, before: entry.text, after }],
    notes: [...sessionNotes(session), ...parserNotes(app, before)],
  };
}

/** The package.json with the mount's package. */
export function manifestChange(app: App, name: string, version: string): FileChange {
  return {
    path: 'package.json',
    before: app.manifest.text,
    after: withDependency(app.manifest.text, name, `^${version}`),
  };
}

/** The content of a gateway's configuration. */
export function configLines(library: SessionLibrary | undefined, hook = 'authenticate'): readonly string[] {
  const models = "models: { fast: 'openai/gpt-4o-mini' }, // key from OPENAI_API_KEY";
  if (library !== undefined) return [models, `${hook}: ${library.authenticate},`];
  return [models, "keys: [{ key: process.env.LLM_KEY ?? '', principal: { id: 'me' } }],"];
}

/** What to check in the proposal for a session. */
export function sessionNotes(session: unknown): readonly string[] {
  if (session !== undefined)
    return ['Check the line that identifies the caller: your app may store its user under another name.'];
  return [
    'No session was found, so callers need a key: set LLM_KEY to at least 20 random characters. If users log in to your app, identify them with "authenticate" instead.',
  ];
}

interface Use {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly text: string;
}

/** `app.use(…)` and `app.register(…)`, in their order. */
function usesOf({ text, bare }: SourceText, app: string): readonly Use[] {
  const calls = bare.matchAll(new RegExp(`(?:await\\s+)?\\b${app}\\s*\\.\\s*(?:use|register)\\s*\\(`, 'g'));
  return [...calls].map(({ index: start }) => {
    const end = endOfStatement(bare, start);
    return { start, end, line: text.slice(0, start).split('\n').length, text: text.slice(start, end) };
  });
}

interface FoundSession extends Use {
  readonly library: SessionLibrary;
  /** The package itself. */
  readonly package: string;
}

/** The last statement about a session, and the library that knows best who is calling. */
function findSession(app: App, source: SourceText, uses: readonly Use[]): FoundSession | undefined {
  const libraries = sessionLibraries(app.framework);
  const known = libraries.flatMap(({ packages }) => packages);
  const mentions = uses.filter(({ text }) => packagesIn(text, source).some((name) => known.includes(name)));
  const last = mentions.at(-1);
  if (last === undefined) return undefined;
  const mentioned = mentions.flatMap(({ text }) => packagesIn(text, source));
  for (const library of libraries) {
    const found = library.packages.find((name) => mentioned.includes(name));
    if (found !== undefined) return { ...last, library, package: found };
  }
  return undefined;
}

/** Where the names in a statement are imported from. */
function packagesIn(text: string, { imports }: SourceText): readonly string[] {
  const words = new Set(text.match(/[A-Za-z_$][\w$]*/g));
  const required = [...text.matchAll(/(?:require|import)\(\s*['"]([^'"]+)['"]/g)].flatMap(([, name]) => name ?? []);
  return [...[...imports].filter(([local]) => words.has(local)).map(([, from]) => from), ...required];
}

function isParser(text: string, source: SourceText, { parsers }: Habits): boolean {
  if (/\bexpress\s*\.\s*(?:json|urlencoded|raw|text)\s*\(/.test(text)) return true;
  return packagesIn(text, source).some((name) => parsers.includes(name));
}

function foundWords(app: App, path: string, session: FoundSession | undefined, parsers: readonly Use[]): string {
  const parts = [
    `${NAMES[app.framework]} ${app.frameworkVersion} in ${path}`,
    session === undefined ? 'no session' : `${session.package} in line ${session.line}`,
    parsers.length === 0 ? 'no body parser' : `body parsers in line ${parsers.map(({ line }) => line).join(', ')}`,
  ];
  return `${parts.join(', ')}.`;
}

export const NAMES = {
  express: 'Express',
  koa: 'Koa',
  fastify: 'Fastify',
  hono: 'Hono',
  nestjs: 'NestJS',
  next: 'Next.js',
} as const;

function parserNotes(app: App, before: readonly Use[]): readonly string[] {
  const first = before[0];
  if (first === undefined || app.framework === 'fastify') return [];
  const limit = app.framework === 'koa' ? '1 MB' : '100 kB';
  return [
    `The body parser in line ${first.line} comes first and rejects bodies over ${limit} by itself: raise its limit, or move it below the gateway.`,
  ];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
