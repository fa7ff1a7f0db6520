import fc from 'fast-check';
import type { Principal } from '../../src/principal.js';
import { STRATEGIES } from '../../src/routes/strategy.js';

/** What the vendor does with one request. */
export interface Behaviour {
  readonly kind: (typeof KINDS)[number];
  readonly headMs: number;
  readonly bodyMs: number;
  readonly gapMs: number;
  /** Microtasks into its turn. */
  readonly late: number;
  readonly parts: number;
}

const KINDS = [
  'ok',
  'lingers',
  '429',
  '500',
  '400',
  'refused',
  'never',
  'silent',
  'breaks-early',
  'breaks-late',
  'closes-early',
  'fails-inside',
  'stalls',
] as const;

/** One call of a client. */
export interface PlannedCall {
  readonly asks: 'chat' | 'responses' | 'messages' | 'embeddings' | 'upload' | 'file' | 'files' | 'stored';
  readonly stream: boolean;
  /** For responses: stored, and continuing the last one of the same caller. */
  readonly store: boolean;
  readonly continues: boolean;
  readonly wantsUsage: boolean;
  readonly group: number;
  readonly caller: number;
  readonly atMs: number;
  readonly late: number;
  readonly reader: 'fast' | 'slow' | 'stops';
  readonly startsLate: number;
  readonly leaves:
    | { readonly afterMs: number; readonly late: number; readonly by: 'gone' | 'cancel' | 'both' }
    | undefined;
}

export interface PlannedEvent {
  readonly atMs: number;
  readonly late: number;
  readonly does: 'revoke' | 'reload' | 'close';
  readonly caller: number;
  readonly graceMs: number;
}

/** What hooks for content do with every call; `slow` takes 30 ms. */
export interface PlannedHooks {
  readonly request: 'none' | 'same' | 'changes' | 'slow' | 'refuses';
  readonly answer: 'none' | 'passes' | 'changes' | 'slow' | 'answers' | 'refuses' | 'twice' | 'throws';
  readonly chunks: 'none' | 'passes' | 'slow' | 'holds' | 'refuses' | 'ends' | 'throws';
}

export interface Plan {
  readonly hooks: PlannedHooks;
  /** US dollars that all callers together may spend; undefined: there is no such account. */
  readonly teamUsd: number | undefined;
  readonly groups: readonly object[];
  readonly reloaded: readonly object[];
  readonly callers: readonly Principal[];
  readonly calls: readonly PlannedCall[];
  readonly behaviours: readonly Behaviour[];
  readonly events: readonly PlannedEvent[];
  /** How many microtasks the counter store takes; -1: it answers at once. */
  readonly storeLate: number;
  readonly random: number;
}

const moment = (most: number) => fc.nat({ max: most / 10 }).map((tens) => tens * 10);
const late = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 12 }) });

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant('ok' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...KINDS) },
  ),
  headMs: fc.oneof(fc.constant(0), moment(60)),
  bodyMs: fc.oneof(fc.constant(0), moment(30)),
  gapMs: fc.oneof(fc.constant(0), moment(30)),
  late,
  parts: fc.integer({ min: 1, max: 3 }),
});

const limits = fc.option(
  fc.record(
    {
      concurrentCalls: fc.integer({ min: 1, max: 2 }),
      requestsPerMinute: fc.integer({ min: 1, max: 6 }),
      tokensPerMinute: fc.constantFrom(2_000, 20_000),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined, freq: 2 },
);

const deployment = fc
  .record({ vendor: fc.constantFrom('acme', 'acme', 'lone'), model: fc.nat({ max: 3 }), limits })
  .map(({ vendor, model, limits: own }) => ({
    model: `${vendor}/m${model}`,
    price: priceOf(`m${model}`),
    maxOutputTokens: 1_000,
    capabilities: { prefill: true },
    ...(own !== undefined && { limits: own }),
  }));

/** US dollars per million tokens. */
export function priceOf(model: string): { readonly input: number; readonly output: number } {
  const number = Number(model.slice(1)) || 0;
  return { input: 1 + number, output: 2 + number };
}

const strategy = fc.oneof(
  fc.constantFrom(...STRATEGIES),
  fc.constantFrom('prompt', 'session', 'principal').map((key) => ({ by: 'sticky', key })),
);

const pool = fc
  .record({
    deployments: fc.array(deployment, { minLength: 1, maxLength: 3 }),
    strategy,
    hedge: fc.option(fc.record({ afterMs: moment(40) }), { nil: undefined }),
    limits,
  })
  .map(present);

/** A tree of this height below group `at`, which may refer to later groups only. */
function route(height: number, at: number, groups: number): fc.Arbitrary<object | string> {
  const later = Array.from({ length: groups - at - 1 }, (_, more) => `g${at + 1 + more}`);
  const leaves: fc.Arbitrary<object | string>[] = [pool, pool];
  if (later.length > 0) leaves.push(fc.constantFrom(...later));
  const leaf = fc.oneof(...leaves);
  if (height === 0) return leaf;
  const below = fc.array(route(height - 1, at, groups), { minLength: 2, maxLength: 3 });
  const node = (name: string, more: object = {}) =>
    fc
      .record({ nodes: below, limits, afterMs: moment(30), retries: fc.constant(more) })
      .map(({ nodes, limits: own, afterMs }) =>
        present({ [name]: nodes, limits: own, ...(name === 'race' && { afterMs }) }),
      );
  return fc.oneof(leaf, node('split'), node('fallback'), node('race'), node('race'), node('cheapest'), node('fastest'));
}

function present(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const GROUPS = 3;

function group(at: number): fc.Arbitrary<object> {
  const later = Array.from({ length: GROUPS - at - 1 }, (_, more) => `g${at + 1 + more}`);
  return fc
    .record({
      route: route(2, at, GROUPS),
      limits,
      recovery: fc.option(fc.constantFrom('restart', 'continue'), { nil: undefined, freq: 2 }),
      initialBuffer: fc.option(fc.constantFrom({ characters: 4 }, { ms: 20 }), { nil: undefined, freq: 2 }),
      fallbacks: later.length === 0 ? fc.constant(undefined) : fc.option(fc.subarray(later), { nil: undefined }),
      retries: fc.option(fc.record({ maxRetries: fc.nat({ max: 2 }), baseDelayMs: fc.constant(10) }), {
        nil: undefined,
      }),
    })
    .map(present);
}

const groups = fc.tuple(group(0), group(1), group(2));

const call: fc.Arbitrary<PlannedCall> = fc.record({
  asks: fc.constantFrom(
    ...([
      'chat',
      'chat',
      'responses',
      'responses',
      'messages',
      'embeddings',
      'upload',
      'file',
      'files',
      'stored',
    ] as const),
  ),
  stream: fc.boolean(),
  store: fc.boolean(),
  continues: fc.boolean(),
  wantsUsage: fc.boolean(),
  group: fc.nat({ max: GROUPS - 1 }),
  caller: fc.nat({ max: 1 }),
  atMs: moment(200),
  late,
  reader: fc.constantFrom('fast', 'fast', 'fast', 'slow', 'stops'),
  startsLate: late,
  leaves: fc.option(
    fc.record({ afterMs: moment(150), late, by: fc.constantFrom('gone' as const, 'cancel' as const, 'both' as const) }),
    { nil: undefined, freq: 2 },
  ),
});

const event: fc.Arbitrary<PlannedEvent> = fc.record({
  atMs: moment(300),
  late,
  does: fc.constantFrom('revoke', 'reload', 'close'),
  caller: fc.nat({ max: 1 }),
  graceMs: moment(100),
});

const caller = (id: string) =>
  fc.record({ limits, usd: fc.constantFrom(1, 1, 0.02, 0.004) }).map(
    ({ limits: own, usd }): Principal => ({
      id,
      team: 'all',
      limits: { tokensPerMinute: 10_000_000, ...own },
      budget: { usd, per: 'total' },
    }),
  );

/** Most runs have none: then the paths without hooks are tried. */
const hooks: fc.Arbitrary<PlannedHooks> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<PlannedHooks>({ request: 'none', answer: 'none', chunks: 'none' }) },
  {
    weight: 1,
    arbitrary: fc.record<PlannedHooks>({
      request: fc.constantFrom('none', 'same', 'changes', 'slow', 'refuses'),
      answer: fc.constantFrom('none', 'passes', 'changes', 'slow', 'answers', 'refuses', 'twice', 'throws'),
      chunks: fc.constantFrom('none', 'passes', 'slow', 'holds', 'refuses', 'ends', 'throws'),
    }),
  },
);

export const plans: fc.Arbitrary<Plan> = fc.record({
  hooks,
  teamUsd: fc.option(fc.constantFrom(1, 0.03, 0.005), { nil: undefined, freq: 2 }),
  groups,
  reloaded: groups,
  callers: fc.tuple(caller('ada'), caller('bob')),
  calls: fc.array(call, { minLength: 1, maxLength: 5 }),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 8 }),
  events: fc.array(event, { maxLength: 2 }),
  storeLate: fc.integer({ min: -1, max: 4 }),
  random: fc.nat(),
});
