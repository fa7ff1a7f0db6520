import { parseSync } from 'oxc-parser';

// Node ends the process for an 'error' event without a listener. So whatever emits one gets its listener where it is
// obtained: `withErrorListener(createServer(…))`. This finds the places where something is obtained without it.

/** Functions whose result emits errors. To name one without calling it, as in a table, hides the place where it is called. */
const FACTORIES = new Set(
  `createServer createSecureServer connect createConnection createInterface
   createClient spawn createReadStream createWriteStream createGzip
   createGunzip createDeflate createInflate createDeflateRaw createInflateRaw
   createUnzip createBrotliCompress createBrotliDecompress createZstdCompress createZstdDecompress
   createCluster`.split(/\s+/),
);

/** The same as methods, by the object where the method's name alone says too little. */
const METHODS: Readonly<Record<string, readonly string[] | undefined>> = {
  duplicate: undefined,
  fork: ['cluster', 'childProcess'],
  request: ['http', 'https', 'http2'],
  connect: ['net', 'tls', 'http2', 'pool'],
  from: ['Readable', 'Duplex'],
  fromWeb: ['Readable', 'Writable', 'Duplex'],
};

const CLASSES = new Set(
  `WebSocket WebSocketServer Server ServerResponse Socket TLSSocket Client Pool Agent
   Readable Writable Duplex Transform PassThrough EventEmitter Worker Redis Cluster`.split(/\s+/),
);

/** Where the listener of an event, or the callback of a function, is handed an emitter: the number of the parameter. */
const HANDED_OVER: Readonly<Record<string, number>> = {
  upgrade: 1,
  connection: 0,
  secureConnection: 0,
  clientError: 1,
  stream: 0,
  session: 0,
  'unexpected-response': 1,
  handleUpgrade: 0,
  createServer: 1,
  createSecureServer: 1,
};

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

interface Found {
  readonly node: Node;
  readonly parents: readonly Node[];
}

/** What in a source file emits errors and is obtained without a listener for them, as sentences. */
export function withoutErrorListener(path: string, source: string): readonly string[] {
  const { program, errors } = parseSync(path, source, { lang: 'ts', sourceType: 'module' });
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const nodes = [...walk(program as unknown as Node, [])];
  const imported = importedFactories(nodes);
  const classes = new Set([...CLASSES, ...streamClasses(nodes)]);
  const functions = functionsByName(nodes);
  const line = ({ start }: Node): number => source.slice(0, start).split('\n').length;
  const breaches: string[] = [];
  for (const found of nodes) {
    const name = obtained(found, imported, classes);
    if (name !== undefined && !isWrapped(found)) {
      breaches.push(`${path}:${line(found.node)} obtains ${name} without withErrorListener`);
    }
    const lost = lostParameter(found.node, functions);
    if (lost !== undefined) {
      breaches.push(`${path}:${line(found.node)} is handed ${lost}, and its first statement is not withErrorListener`);
    }
  }
  return breaches;
}

function* walk(node: Node, parents: readonly Node[]): Iterable<Found> {
  yield { node, parents };
  const below = [node, ...parents];
  for (const [member, value] of Object.entries(node)) {
    // Types obtain nothing.
    if (member === 'typeAnnotation' || member === 'returnType' || member === 'typeArguments') continue;
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(each)) yield* walk(each, below);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** What the file knows an imported or received factory as. */
function importedFactories(nodes: readonly Found[]): ReadonlySet<string> {
  const names = new Set(FACTORIES);
  for (const { node } of nodes) {
    if (node.type !== 'ImportSpecifier') continue;
    const { imported, local } = node as unknown as { imported: Node; local: Node };
    if (FACTORIES.has(String(imported.name))) names.add(String(local.name));
  }
  return names;
}

function streamClasses(nodes: readonly Found[]): readonly string[] {
  return nodes.flatMap(({ node }) => {
    const { type, superClass, id } = node as unknown as { type: string; superClass: Node | null; id: Node | null };
    const extendsOne = type === 'ClassDeclaration' && superClass?.type === 'Identifier';
    return extendsOne && CLASSES.has(String(superClass.name)) && id !== null ? [String(id.name)] : [];
  });
}

function functionsByName(nodes: readonly Found[]): ReadonlyMap<string, Node> {
  const functions = new Map<string, Node>();
  for (const { node } of nodes) {
    const { id, init } = node as { id?: unknown; init?: unknown };
    if (!isNode(id) || typeof id.name !== 'string') continue;
    if (node.type === 'FunctionDeclaration') functions.set(id.name, node);
    if (node.type === 'VariableDeclarator' && isNode(init) && isFunction(init)) functions.set(id.name, init);
  }
  return functions;
}

function isFunction({ type }: Node): boolean {
  return /^(?:ArrowFunction|Function)(?:Expression|Declaration)$/.test(type);
}

/** The name of what is obtained here, if anything is. */
function obtained(
  { node, parents }: Found,
  factories: ReadonlySet<string>,
  classes: ReadonlySet<string>,
): string | undefined {
  const [parent] = parents;
  if (node.type === 'NewExpression') {
    const { name } = node.callee as Node;
    return typeof name === 'string' && classes.has(name) ? name : undefined;
  }
  if (node.type === 'CallExpression' && (node.callee as Node).type === 'MemberExpression') {
    const callee = node.callee as Node;
    const name = String((callee.property as Node).name);
    if (!Object.hasOwn(METHODS, name)) return undefined;
    const objects = METHODS[name];
    return objects === undefined || objects.includes(String((callee.object as Node).name)) ? name : undefined;
  }
  if (node.type !== 'Identifier' || !factories.has(String(node.name)) || parent === undefined) return undefined;
  return isUse(node, parents) ? String(node.name) : undefined;
}

/** An identifier that stands for the function, and is neither its import nor the name of a parameter, a member or a type. */
function isUse(node: Node, parents: readonly Node[]): boolean {
  const [parent] = parents;
  if (parent === undefined || /^(?:Import|Export|TS)/.test(parent.type)) return false;
  // Much else is called so, and given on; calling it is what counts.
  if (node.name === 'connect') return parent.type === 'CallExpression' && parent.callee === node;
  if (parent.type === 'MemberExpression') return parent.object !== node;
  if (parent.type === 'Property') return parent.key !== node && !parents.some(({ type }) => type === 'ObjectPattern');
  if (isFunction(parent)) return parent.body === node;
  if (parent.type === 'VariableDeclarator') return parent.init === node;
  return true;
}

/** Whether what surrounds it is `withErrorListener(…)` itself, and nothing between them. */
function isWrapped({ node, parents }: Found): boolean {
  // Of a factory the name is found; its call is what is wrapped.
  const outside = node.type === 'Identifier' ? parents.slice(parents[0]?.type === 'MemberExpression' ? 2 : 1) : parents;
  // What is waited for is wrapped as well.
  const around = outside[0]?.type === 'AwaitExpression' ? outside.slice(1) : outside;
  const [outer] = around;
  return outer !== undefined && isWrapper(outer);
}

function isWrapper(node: Node): boolean {
  return node.type === 'CallExpression' && (node.callee as Node).name === 'withErrorListener';
}

/** The parameter that a listener or a callback is handed and does not give a listener in its first statement. */
function lostParameter(node: Node, functions: ReadonlyMap<string, Node>): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const { callee, arguments: given } = node as unknown as { callee: Node; arguments: readonly Node[] };
  const method = String(callee.type === 'MemberExpression' ? (callee.property as Node).name : callee.name);
  const events = /^(?:on|once|addListener|prependListener)$/.test(method) ? literalsIn(given[0]) : [method];
  const event = events.find((each) => Object.hasOwn(HANDED_OVER, each));
  const last = given.at(-1);
  if (event === undefined || last === undefined) return undefined;
  const listener = isFunction(last) ? last : functions.get(String(last.name));
  if (listener === undefined) return undefined;
  const parameters = listener.params as readonly Node[];
  // A server of node:net hands over its socket alone.
  const handed =
    parameters[Math.min(HANDED_OVER[event] as number, event.startsWith('create') ? parameters.length - 1 : 9)];
  if (handed === undefined || ownsFirst(listener.body as Node, String(handed.name))) return undefined;
  return String(handed.name);
}

function literalsIn(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  return [...walk(node, [])].flatMap(({ node: { type, value } }) => (type === 'Literal' ? [String(value)] : []));
}

function ownsFirst(body: Node, parameter: string): boolean {
  const first = body.type === 'BlockStatement' ? (body.body as readonly Node[])[0] : body;
  if (first === undefined) return false;
  return [...walk(first, [])].some(
    ({ node }) => isWrapper(node) && (node.arguments as readonly Node[])[0]?.name === parameter,
  );
}
