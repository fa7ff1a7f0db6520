import { isObject } from '../answers/json-object.js';
import type { JsonObject } from './json-places.js';
import type { ReadRequest, StrictRule, StrictVendorDefinition, StrictWire } from './strict-rule.js';
import { VENDORS } from './strict-vendors.js';

/** A request to a vendor. */
export interface StrictRequest {
  /** Below the origin, with its query. It tells what is asked for. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The parsed body. Of a form: its fields. */
  readonly body: unknown;
}

/** Why a vendor says no, and how. */
export interface Refusal {
  readonly vendor: string;
  readonly wire: StrictWire | undefined;
  /** The id of the rule, as `rules` lists it. */
  readonly rule: string;
  /** Where the rule is known from. */
  readonly source: string;
  readonly message: string;
  readonly status: number;
  /** The vendor's own error body. */
  readonly body: unknown;
}

/** A rule of a vendor, for tables. */
export interface ListedRule {
  readonly vendor: string;
  readonly title: string;
  readonly wire: StrictWire;
  readonly id: string;
  readonly refuses: string;
  readonly source: string;
}

/** What may be told to a checker. */
export interface StrictVendorOptions {
  /** Whether the vendor gave out this id or signature. Default: whether it looks like one of the vendor's own. */
  readonly issued?: (id: string) => boolean;
}

/** A checker of requests to one vendor. */
export interface StrictVendor {
  readonly name: string;
  readonly rules: readonly ListedRule[];
  /** What the vendor would refuse about a request; undefined where it would take it. */
  check(request: StrictRequest): Refusal | undefined;
}

/** The names of all vendors there are rules of. */
export const STRICT_VENDORS: readonly string[] = VENDORS.map(({ name }) => name);

/**
 * A checker of requests to a vendor, by the vendor's name in `STRICT_VENDORS`. It knows what the vendor's published
 * description refuses and what the vendor is known to refuse besides. It knows nothing of keys, quotas and prices.
 * @throws Error where there are no rules of that vendor.
 */
export function strictVendor(name: string, options: StrictVendorOptions = {}): StrictVendor {
  const vendor = VENDORS.find((one) => one.name === name);
  if (vendor === undefined) throw new Error(`No rules are known for "${name}". Known: ${STRICT_VENDORS.join(', ')}.`);
  const issued = options.issued ?? ((id: string) => vendor.ownIds?.test(id) === true);
  return { name, rules: listRules(vendor), check: (request) => check(vendor, request, issued) };
}

/** All rules of all vendors. */
export function strictRules(): readonly ListedRule[] {
  return VENDORS.flatMap(listRules);
}

function listRules({ name, title, wires }: StrictVendorDefinition): ListedRule[] {
  return Object.entries(wires).flatMap(([wire, { rules }]) =>
    rules.map(({ id, refuses, source }) => ({ vendor: name, title, wire: wire as StrictWire, id, refuses, source })),
  );
}

function check(
  vendor: StrictVendorDefinition,
  request: StrictRequest,
  issued: (id: string) => boolean,
): Refusal | undefined {
  const read = readRequest(request, issued);
  if (read === undefined) return undefined;
  const wire = vendor.wires[read.wire];
  if (wire === undefined) {
    return isTaken(read.wire)
      ? undefined
      : refusal(vendor, read.wire, UNKNOWN_PATH, { message: `Not Found: ${read.path}`, status: 404 });
  }
  for (const rule of wire.rules) {
    const complaint = rule.check(read);
    if (complaint !== undefined) return refusal(vendor, read.wire, rule, complaint);
  }
  return undefined;
}

const UNKNOWN_PATH: Pick<StrictRule, 'id' | 'source'> = {
  id: 'unknown path',
  source: 'the wires of the vendor’s documentation',
};

/** Wires of media are checked where there are rules, and taken where there are none; so are wires without rules yet. */
function isTaken(wire: StrictWire): boolean {
  return MEDIA.has(wire) || wire === 'responses' || wire === 'messages' || wire === 'chat';
}

const MEDIA: ReadonlySet<StrictWire> = new Set(['embeddings', 'images', 'speech', 'transcriptions']);

function refusal(
  vendor: StrictVendorDefinition,
  wire: StrictWire | undefined,
  rule: Pick<StrictRule, 'id' | 'source'>,
  complaint: Parameters<StrictVendorDefinition['errorBody']>[0],
): Refusal {
  return {
    vendor: vendor.name,
    wire,
    rule: rule.id,
    source: rule.source,
    message: complaint.message,
    status: complaint.status ?? vendor.status ?? 400,
    body: vendor.errorBody(complaint, wire),
  };
}

/** A request as rules see it; undefined where it is of no wire there are rules of, such as a list of models. */
function readRequest(request: StrictRequest, issued: (id: string) => boolean): ReadRequest | undefined {
  const [path = '', query] = request.path.split('?');
  const wire = WIRES.find(([form]) => form.test(path))?.[1];
  if (wire === undefined) return undefined;
  const body: JsonObject = isObject(request.body) ? request.body : {};
  const model = modelOf(path, body);
  // InvokeModel takes the body of whoever made the model; there are rules of Claude's.
  if (wire === 'invoke' && !/anthropic|claude/.test(model)) return undefined;
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'object' ? value.join(', ') : value,
    ]),
  );
  return { wire, path, query: new URLSearchParams(query), headers, body, model, issued };
}

const WIRES: readonly (readonly [form: RegExp, wire: StrictWire])[] = [
  [/\/chat\/completions$/, 'chat'],
  [/\/responses$/, 'responses'],
  [/(\/messages|\/publishers\/anthropic\/models\/(?!count-tokens)[^/]+:(rawPredict|streamRawPredict))$/, 'messages'],
  [/:(streamG|g)enerateContent$/, 'generate'],
  [/\/converse(-stream)?$/, 'converse'],
  [/\/invoke(-with-response-stream)?$/, 'invoke'],
  [/\/v2\/chat$/, 'cohere-chat'],
  [/\/api\/chat$/, 'ollama-chat'],
  [/\/embeddings$/, 'embeddings'],
  [/\/images\/generations$/, 'images'],
  [/\/audio\/speech$/, 'speech'],
  [/\/audio\/transcriptions$/, 'transcriptions'],
];

function modelOf(path: string, body: JsonObject): string {
  const named = /\/(?:models?|deployments)\/([^/:]+(?::\d+)?)(?=[:/])/.exec(decodeURIComponent(path))?.[1];
  return typeof body.model === 'string' ? body.model : (named ?? '');
}
