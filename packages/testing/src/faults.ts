import { CONTENT_AGAINST_POLICY, CONTEXT_TOO_LONG } from './wires/vendor-wordings.js';

/** One thing that goes wrong at a provider. */
export interface Fault {
  readonly id: FaultId;
  /** What the provider does, after the words "The provider". */
  readonly sentence: string;
  /**
   * Variants, each selected by its own model name (or base URL); the bare name selects the first, or the usual one of
   * the API.
   */
  readonly variants: readonly string[];
  /** Where it shows: in streamed answers, in JSON answers, or in both. Other requests get a healthy answer. */
  readonly streaming: 'both' | 'stream' | 'json';
  /** How to select it: by model name or, if a listening provider cannot do it, by base URL. */
  readonly pickedBy: 'model' | 'base url';
}

/** `f01` to `f48`. */
export type FaultId = (typeof FAULT_TABLE)[number]['id'];

const KINDS_IN_A_STREAM = ['server-error', 'overloaded', 'rate-limit', 'context'] as const;

const FAULT_TABLE = [
  byUrl('f01', 'refuses the connection', ['refused']),
  byUrl('f02', 'has a name that does not resolve', ['unresolvable']),
  byUrl('f03', 'fails the TLS handshake', ['plainText', 'selfSigned']),
  both('f04', 'resets the connection before any header'),
  both('f05', 'accepts the request and never answers'),
  both('f06', 'sends headers and then no body'),
  both('f07', 'answers 400, the request is malformed'),
  both('f08', 'answers 400, the context is too long, in each vendor’s words', Object.keys(CONTEXT_TOO_LONG)),
  both(
    'f09',
    'answers 400, the content is against policy, in each vendor’s words',
    Object.keys(CONTENT_AGAINST_POLICY),
  ),
  both('f10', 'answers 401 and repeats the credential in its message'),
  both('f11', 'answers 403'),
  both('f12', 'answers 404, the model is unknown'),
  both('f13', 'answers 408, 409 or 425', ['408', '409', '425']),
  both('f14', 'answers 413 or 422', ['413', '422']),
  both('f15', 'answers 429 with Retry-After in seconds'),
  both('f16', 'answers 429 and says when to come back in another way', ['date', 'ms', 'body']),
  both('f17', 'answers 429 without a hint'),
  both('f18', 'answers 429, the quota is used up (Anthropic: 400, the credit is)'),
  both('f19', 'answers 500'),
  both('f20', 'answers 502 with an HTML page'),
  both('f21', 'answers 503 or 529, overloaded', ['503', '529', 'retry-after', '529-retry-after']),
  both('f22', 'answers 504'),
  both('f23', 'answers 200 with an error object in JSON', [...KINDS_IN_A_STREAM, 'content-filter']),
  both('f24', 'answers 200 with an empty body'),
  both('f25', 'answers 200 with JSON that breaks off'),
  both('f26', 'answers 200 with an HTML page'),
  both('f27', 'answers 302 to another host'),
  both('f28', 'sends its first token late', ['late-head', 'late-token']),
  stream('f29', 'sends an error as the first event', KINDS_IN_A_STREAM),
  stream('f30', 'sends bookkeeping events, then an error', KINDS_IN_A_STREAM),
  stream('f31', 'sends bookkeeping events, then is cut, stalls, is reset or just ends', [
    'cut',
    'stall',
    'reset',
    'end',
  ]),
  stream('f32', 'is cut after some tokens: the connection closes, or the body just ends', ['cut', 'end']),
  stream('f33', 'resets the connection after some tokens'),
  stream('f34', 'stalls after some tokens'),
  stream('f35', 'sends an error event after some tokens', KINDS_IN_A_STREAM),
  stream('f36', 'sends one malformed event among good ones'),
  stream('f37', 'finishes without its terminal event'),
  stream('f38', 'sends its terminal event without a finish reason'),
  stream('f39', 'goes on after its terminal event'),
  stream('f40', 'reports usage against the book', ['missing', 'cumulative', 'twice', 'in-choices']),
  stream('f41', 'is cut in the middle of tool arguments', ['cut', 'end']),
  both('f42', 'calls 8 tools at once with 100 kB of arguments, streamed interleaved where the wire allows'),
  stream('f43', 'spells its events in every way the standard allows', [
    'every-byte',
    'crlf',
    'cr',
    'bom',
    'comments',
    'multiline',
    'ten-megabytes',
  ]),
  stream('f44', 'rejects stream_options'),
  both('f45', 'closes an idle keep-alive connection as the next request arrives on it', ['cut', 'reset']),
  both('f46', 'sends the body gzip-encoded though nobody asked'),
  both('f47', 'ignores that the client disconnected and keeps sending'),
  both('f48', 'trickles bytes for ever: filler only, or content', ['filler', 'content']),
] as const;

/** Every fault of the package, in order; a scenario suite iterates over it. */
export const FAULTS: readonly Fault[] = FAULT_TABLE;

/** The model names that select a fault: one per variant, or the bare name. Empty if it is selected by base URL. */
export function faultModels(fault: Fault): readonly string[] {
  if (fault.pickedBy === 'base url') return [];
  if (fault.variants.length === 0) return [`fault-${fault.id}`];
  return fault.variants.map((variant) => `fault-${fault.id}-${variant}`);
}

/** The faults as a markdown table; variants that do not fit into a cell follow below it. */
export function faultTable(): string {
  const rows = FAULTS.map((fault) => {
    const model = fault.pickedBy === 'model' ? `fault-${fault.id}` : 'unreachableUrls()';
    const variants = fault.variants.length > MOST_IN_A_CELL ? 'see below' : variantsOf(fault);
    return `| ${fault.id} | ${fault.sentence} | \`${model}\` | ${variants} | ${fault.streaming} |`;
  });
  const below = FAULTS.filter((fault) => fault.variants.length > MOST_IN_A_CELL);
  return [
    '| id | The provider… | Model | Variants | Shows in |',
    '|---|---|---|---|---|',
    ...rows,
    ...below.flatMap((fault) => ['', `Variants of \`fault-${fault.id}\`: ${variantsOf(fault)}`]),
  ].join('\n');
}

/** A fault selected by a model name; `variant` is absent for the bare name. */
export interface PickedFault {
  readonly fault: Fault;
  readonly variant: string | undefined;
}

/** Reads a model name: a fault, `undefined` for any other model, or `'unknown'` if it only looks like a fault. */
export function pickFault(model: string): PickedFault | 'unknown' | undefined {
  if (!model.startsWith('fault-')) return undefined;
  const [, id, variant] = /^fault-(f\d\d)(?:-(.+))?$/.exec(model) ?? [];
  const fault = FAULTS.find((one) => one.id === id);
  if (fault === undefined || fault.pickedBy !== 'model') return 'unknown';
  if (variant !== undefined && !fault.variants.includes(variant)) return 'unknown';
  return { fault, variant };
}

const MOST_IN_A_CELL = 5;

function variantsOf({ pickedBy, variants }: Fault): string {
  const joint = pickedBy === 'model' ? '-' : '.';
  return variants.map((variant) => `\`${joint}${variant}\``).join(' ');
}

function byUrl<const Id extends string>(id: Id, sentence: string, variants: readonly string[]) {
  return { id, sentence, variants, streaming: 'both', pickedBy: 'base url' } as const;
}

function both<const Id extends string>(id: Id, sentence: string, variants: readonly string[] = []) {
  return { id, sentence, variants, streaming: 'both', pickedBy: 'model' } as const;
}

function stream<const Id extends string>(id: Id, sentence: string, variants: readonly string[] = []) {
  return { id, sentence, variants, streaming: 'stream', pickedBy: 'model' } as const;
}
