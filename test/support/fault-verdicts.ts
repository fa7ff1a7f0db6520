import { type Deadlines, type FailureKind, totalOutputTokens, type UsageRecord } from '@portico/core';
import { FAULTS, type FaultId, type FaultOptions, type LoggedRequest } from '@portico/testing';
import { type ClientView, eventsIn, type ToolCall } from './client-view.js';
import type { ClientName } from './fault-clients.js';
import type { WireName } from './gateway-on.js';

/** How a call of a faulty deployment ends for the client, and how often the provider was asked for it. */
export type Ending =
  | { readonly ends: 'answer'; readonly asked: number }
  | { readonly ends: 'error'; readonly kind: FailureKind; readonly status: number; readonly asked: number }
  /** Content was sent: an error in the stream, and the record says `incomplete`. */
  | { readonly ends: 'broken off'; readonly kind: FailureKind; readonly asked: 1 };

/** What the caller must see of one fault. The table of faults in the design says it in words; this says it to a test. */
export interface Verdict {
  readonly fault: FaultId;
  /** Which of the fault's variants; all of them where it says nothing. `''` is the bare name of a fault with variants. */
  readonly variants?: readonly string[];
  /** Only in streamed answers, or only in whole ones. Default: wherever the fault shows. */
  readonly streaming?: boolean;
  /** Upstreams that can have the fault. Default: those that speak OpenAI and those that speak Anthropic. */
  readonly wires?: readonly WireName[];
  /** Clients that can ask for it. Default: all. */
  readonly clients?: readonly ClientName[];
  /** The faulty deployment is all there is. */
  readonly alone: Ending;
  /**
   * There is a healthy one besides. `spare`: it answers, and the client sees nothing of the other; `spare once`: and the
   * faulty one is asked once, even where the spare is in another group; `same`: as alone, and the spare is not asked.
   */
  readonly spare: 'spare' | 'spare once' | 'same';
  /** What must hold besides, of the faulty deployment alone or always. `check` throws where it does not. */
  readonly also?: {
    readonly says: string;
    readonly check?: (seen: Seen) => void | Promise<void>;
    readonly always?: true;
  };
  /** What the provider and the gateway need to be told for the fault to show in good time. */
  readonly provider?: FaultOptions;
  readonly deadlines?: Partial<Deadlines>;
  /** What the client asks for beyond the question, in the words of chat completions. */
  readonly asks?: Readonly<Record<string, unknown>>;
  /** The provider does not say what was used; the record must say that it is an estimate. */
  readonly estimated?: true;
  /** A first call comes before the one that is judged. */
  readonly afterAFirstCall?: true;
  /** What tells this verdict from another on the same fault, where nothing above does. */
  readonly when?: string;
}

/** Both sides of one call. */
export interface Seen {
  readonly client: ClientView;
  /** Requests for the faulty model. */
  readonly faulty: readonly LoggedRequest[];
  /** Everything the provider was asked. */
  readonly requests: readonly LoggedRequest[];
  readonly record: UsageRecord;
  readonly streamed: boolean;
  readonly tookMs: number;
  /** How late timers of this machine were meanwhile, where it matters. */
  readonly lateMs: number;
  /** What the provider would have answered without a gateway between. */
  readonly trueCalls: () => Promise<readonly ToolCall[]>;
}

const answer = (asked = 1): Ending => ({ ends: 'answer', asked });
const once = (kind: FailureKind, status: number): Ending => ({ ends: 'error', kind, status, asked: 1 });
/** Two retries follow the first attempt. */
const retried = (kind: FailureKind, status: number): Ending => ({ ends: 'error', kind, status, asked: 3 });
const brokenOff = (kind: FailureKind): Ending => ({ ends: 'broken off', kind, asked: 1 });

// Long enough for a busy machine to have sent the request by then.
export const HEADERS_MS = 300;
const IDLE_MS = 300;
const FIRST_TOKEN_MS = 300;
const ANSWER_MS = 400;
const LONG_WAIT = { provider: { retryAfterSeconds: 60 }, deadlines: { totalMs: 5_000 } } as const;
const SHORT_WAIT = { provider: { retryAfterSeconds: 0.02 } } as const;
const TOOLS = [
  { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } },
] as const;

/** Every fault, every variant, at least once. `f47`, which is about a client that leaves, has its own test. */
export const VERDICTS: readonly Verdict[] = [
  { fault: 'f01', alone: retried('network', 502), spare: 'spare' },
  { fault: 'f02', alone: once('network', 502), spare: 'spare once' },
  {
    fault: 'f03',
    alone: once('network', 502),
    spare: 'spare once',
    also: {
      says: 'certificate checks are never switched off',
      always: true,
      check({ requests }) {
        const trusted = requests.some(({ model }) => model !== 'spare');
        must(!trusted, 'a server was trusted that nobody vouches for');
      },
    },
  },
  { fault: 'f04', alone: retried('network', 502), spare: 'spare' },
  {
    fault: 'f05',
    alone: once('timeout', 504),
    spare: 'spare once',
    deadlines: { headersMs: HEADERS_MS },
    also: {
      says: 'total time ≤ deadline + 10 %',
      always: true,
      // The machine that tests is not the one that serves: a quarter of a second is its own.
      check: ({ tookMs, lateMs }) =>
        must(tookMs >= HEADERS_MS && tookMs <= HEADERS_MS * 1.1 + 250 + lateMs, `it took ${tookMs} ms`),
    },
  },
  { fault: 'f06', alone: once('timeout', 504), spare: 'spare', deadlines: { idleMs: IDLE_MS } },
  {
    fault: 'f07',
    alone: once('invalid_input', 400),
    spare: 'same',
    also: {
      says: 'the vendor’s text is kept',
      check: ({ client }) => must(/messages.0\]?\.content/.test(client.raw), client.raw),
    },
  },
  {
    fault: 'f08',
    variants: ['', ...variantsOf('f08')],
    wires: ['openai'],
    alone: once('context_too_long', 400),
    spare: 'same',
    also: { says: 'the group’s `contextFallbacks` answer, where it has some' },
  },
  {
    fault: 'f08',
    variants: ['', 'anthropic', 'anthropic-max-tokens'],
    wires: ['anthropic'],
    alone: once('context_too_long', 400),
    spare: 'same',
    also: { says: 'the group’s `contextFallbacks` answer, where it has some' },
  },
  {
    fault: 'f09',
    variants: ['', ...variantsOf('f09')],
    wires: ['openai'],
    alone: once('content_filtered', 400),
    spare: 'same',
    also: { says: 'the group’s `contentFallbacks` answer, where it has some' },
  },
  {
    fault: 'f09',
    variants: ['', 'anthropic'],
    wires: ['anthropic'],
    alone: once('content_filtered', 400),
    spare: 'same',
    also: { says: 'the group’s `contentFallbacks` answer, where it has some' },
  },
  { fault: 'f09', variants: [''], wires: ['azure'], alone: once('content_filtered', 400), spare: 'same' },
  {
    fault: 'f10',
    wires: ['openai', 'anthropic', 'azure'],
    alone: once('unauthorized_upstream', 502),
    spare: 'spare once',
    also: {
      says: 'the client is not told 401, nor anything of the key',
      check: ({ client }) => must(client.status !== 401 && !/sk-|invalid_api_key/.test(client.raw), client.raw),
    },
  },
  { fault: 'f11', alone: once('unauthorized_upstream', 502), spare: 'spare once' },
  {
    fault: 'f12',
    wires: ['openai', 'anthropic', 'azure'],
    alone: once('upstream_model_not_found', 404),
    spare: 'spare once',
  },
  { fault: 'f13', variants: ['408'], alone: retried('timeout', 504), spare: 'spare' },
  { fault: 'f13', variants: ['409', '425'], alone: retried('upstream_error', 502), spare: 'spare' },
  { fault: 'f14', variants: ['413'], alone: once('invalid_input', 413), spare: 'same' },
  { fault: 'f14', variants: ['422'], alone: once('invalid_input', 422), spare: 'same' },
  {
    fault: 'f15',
    when: 'within the deadline',
    alone: retried('rate_limited', 429),
    spare: 'spare',
    ...SHORT_WAIT,
    also: toldToWait(1),
  },
  {
    fault: 'f15',
    when: 'beyond the deadline',
    alone: once('rate_limited', 429),
    spare: 'spare once',
    ...LONG_WAIT,
    also: toldToWait(60),
  },
  { fault: 'f16', alone: once('rate_limited', 429), spare: 'spare once', ...LONG_WAIT, also: toldToWait(60) },
  { fault: 'f17', alone: retried('rate_limited', 429), spare: 'spare' },
  {
    fault: 'f18',
    alone: once('quota_exhausted', 429),
    spare: 'spare once',
    also: {
      says: 'the client gets `x-should-retry: false`',
      check: ({ client }) => must(client.headers.get('x-should-retry') === 'false', 'it may try again'),
    },
  },
  { fault: 'f19', alone: retried('upstream_error', 502), spare: 'spare' },
  { fault: 'f20', alone: retried('upstream_error', 502), spare: 'spare', also: noHtml() },
  { fault: 'f21', alone: retried('overloaded', 503), spare: 'spare', ...SHORT_WAIT },
  { fault: 'f22', alone: retried('timeout', 504), spare: 'spare' },
  { fault: 'f23', variants: ['server-error'], alone: retried('upstream_error', 502), spare: 'spare' },
  { fault: 'f23', variants: ['overloaded'], alone: retried('overloaded', 503), spare: 'spare' },
  { fault: 'f23', variants: ['rate-limit'], alone: retried('rate_limited', 429), spare: 'spare' },
  { fault: 'f23', variants: ['context'], alone: once('context_too_long', 400), spare: 'same' },
  { fault: 'f23', variants: ['content-filter'], alone: once('content_filtered', 400), spare: 'same' },
  { fault: 'f24', streaming: false, alone: retried('upstream_error', 502), spare: 'spare' },
  { fault: 'f24', streaming: true, alone: retried('network', 502), spare: 'spare' },
  { fault: 'f25', alone: retried('upstream_error', 502), spare: 'spare' },
  { fault: 'f26', alone: once('upstream_error', 502), spare: 'spare', also: noHtml() },
  {
    fault: 'f27',
    alone: once('upstream_error', 502),
    spare: 'spare',
    also: {
      says: 'the credential goes nowhere',
      always: true,
      check: ({ requests }) => must(!requests.some(({ path }) => path.startsWith('/elsewhere')), 'it was followed'),
    },
  },
  {
    fault: 'f28',
    streaming: true,
    alone: once('timeout', 504),
    spare: 'spare',
    deadlines: { firstTokenMs: FIRST_TOKEN_MS },
    also: aborted(),
  },
  {
    fault: 'f28',
    streaming: false,
    alone: once('timeout', 504),
    spare: 'spare',
    deadlines: { answerMs: FIRST_TOKEN_MS },
    also: aborted(),
  },
  ...(['f29', 'f30'] as const).flatMap((fault): readonly Verdict[] => [
    { fault, variants: ['server-error'], alone: retried('upstream_error', 502), spare: 'spare' },
    { fault, variants: ['overloaded'], alone: retried('overloaded', 503), spare: 'spare' },
    { fault, variants: ['rate-limit'], alone: retried('rate_limited', 429), spare: 'spare' },
    { fault, variants: ['context'], alone: once('context_too_long', 400), spare: 'same' },
  ]),
  { fault: 'f31', variants: ['cut', 'reset', 'end'], alone: retried('network', 502), spare: 'spare' },
  {
    fault: 'f31',
    variants: ['stall'],
    alone: once('timeout', 504),
    spare: 'spare',
    deadlines: { idleMs: IDLE_MS },
    also: aborted(),
  },
  { fault: 'f32', alone: brokenOff('network'), spare: 'same' },
  { fault: 'f33', alone: brokenOff('network'), spare: 'same' },
  { fault: 'f34', alone: brokenOff('timeout'), spare: 'same', deadlines: { idleMs: IDLE_MS }, also: aborted() },
  { fault: 'f35', variants: ['server-error'], alone: brokenOff('upstream_error'), spare: 'same' },
  { fault: 'f35', variants: ['overloaded'], alone: brokenOff('overloaded'), spare: 'same' },
  { fault: 'f35', variants: ['rate-limit'], alone: brokenOff('rate_limited'), spare: 'same' },
  { fault: 'f35', variants: ['context'], alone: brokenOff('context_too_long'), spare: 'same' },
  {
    fault: 'f36',
    alone: answer(),
    spare: 'same',
    also: {
      says: 'the event is counted',
      check: ({ record }) =>
        must(
          record.warnings.some((warning) => warning.startsWith('1 event of the upstream')),
          `warnings: ${record.warnings}`,
        ),
    },
  },
  { fault: 'f37', alone: answer(), spare: 'same', also: finishedOnce() },
  { fault: 'f38', wires: ['openai', 'azure'], alone: answer(), spare: 'same', also: finishedOnce() },
  // What Anthropic bills comes with the finish.
  { fault: 'f38', wires: ['anthropic'], estimated: true, alone: answer(), spare: 'same', also: finishedOnce() },
  {
    fault: 'f39',
    alone: answer(),
    spare: 'same',
    also: {
      says: 'what comes after the end is ignored',
      check: ({ client }) => must(!client.raw.includes('after the end'), client.raw.slice(-300)),
    },
  },
  ...([['missing'], ['cumulative', 'twice', 'in-choices']] as const).flatMap((variants): readonly Verdict[] => {
    const row = { fault: 'f40', variants, alone: answer(), spare: 'same' } as const;
    const counted = variants[0] === 'missing' ? ({ estimated: true } as const) : {};
    return [
      { ...row, ...counted, clients: ['chat'], asks: { stream_options: { include_usage: true } }, also: usageTold(1) },
      { ...row, ...counted, clients: ['chat'], also: usageTold(0) },
      { ...row, ...counted, clients: ['messages', 'responses'], also: usageAsRecorded() },
    ];
  }),
  {
    fault: 'f41',
    asks: { tools: TOOLS },
    alone: brokenOff('network'),
    spare: 'same',
    also: {
      says: 'half a tool call is not called one',
      check: ({ client }) => must(!client.finishReasons.includes('tool_calls'), 'finished with tool_calls'),
    },
  },
  {
    fault: 'f42',
    asks: { tools: TOOLS },
    alone: answer(),
    spare: 'same',
    also: { says: 'every byte is right, in more than one piece each where streamed', check: checkCalls },
  },
  { fault: 'f43', alone: answer(), spare: 'same' },
  {
    fault: 'f44',
    wires: ['openai', 'azure'],
    estimated: true,
    alone: answer(2),
    spare: 'same',
    also: { says: 'usage is estimated and marked' },
  },
  {
    fault: 'f44',
    wires: ['openai', 'azure'],
    estimated: true,
    afterAFirstCall: true,
    alone: answer(1),
    spare: 'same',
    also: { says: 'the second time it is known' },
  },
  { fault: 'f44', wires: ['anthropic'], alone: answer(), spare: 'same' },
  {
    fault: 'f45',
    afterAFirstCall: true,
    alone: answer(2),
    spare: 'same',
    also: {
      says: 'one silent retry on a new socket',
      check: ({ faulty: [first, second] }) =>
        must(first?.outcome === 'cut' && second?.socket !== first.socket, 'no new socket'),
    },
  },
  { fault: 'f46', alone: answer(), spare: 'same' },
  {
    fault: 'f48',
    variants: ['filler'],
    alone: once('timeout', 504),
    spare: 'spare',
    provider: { trickleMs: 10 },
    deadlines: { answerMs: ANSWER_MS },
    also: aborted(),
  },
  {
    fault: 'f48',
    variants: ['content'],
    streaming: false,
    alone: once('timeout', 504),
    spare: 'spare',
    provider: { trickleMs: 1 },
    deadlines: { answerMs: ANSWER_MS },
    also: aborted(),
  },
  {
    fault: 'f48',
    variants: ['content'],
    streaming: true,
    alone: brokenOff('timeout'),
    spare: 'same',
    provider: { trickleMs: 10 },
    deadlines: { answerMs: ANSWER_MS },
    also: aborted(),
  },
];

/** The table in words, for people. */
export function verdictTable(): string {
  const rows = FAULTS.map(({ id, sentence }) => {
    const verdicts = VERDICTS.filter(({ fault }) => fault === id);
    const alone = cellOf(verdicts, ({ alone: ending }) => wordsOf(ending));
    const spare = cellOf(verdicts, (verdict) => (verdict.spare === 'same' ? 'the same' : verdict.spare));
    const also =
      id === 'f47' ? LEAVING : [...new Set(verdicts.flatMap((verdict) => verdict.also?.says ?? []))].join('; ');
    return `| ${[id, sentence, alone, spare, also].join(' | ')} |`;
  });
  return ['| id | The provider… | Alone | With a spare | Also |', '|---|---|---|---|---|', ...rows].join('\n');
}

const LEAVING = 'a client that leaves destroys the socket within 250 ms';

function cellOf(verdicts: readonly Verdict[], say: (verdict: Verdict) => string): string {
  const said = new Set(verdicts.map(say));
  if (said.size < 2) return [...said].join('');
  return [...new Set(verdicts.map((verdict) => `${conditionOf(verdict)}: ${say(verdict)}`))].join('<br>');
}

function conditionOf({ fault, variants, streaming, when }: Verdict): string {
  const all = variantsOf(fault).length;
  const some = variants !== undefined && variants.length < all ? variants.join(', ') : '';
  const how = streaming === undefined ? '' : streaming ? 'streamed' : 'whole';
  return [some, how, when].filter(Boolean).join(', ');
}

function wordsOf(ending: Ending): string {
  if (ending.ends === 'answer') return 'the answer';
  if (ending.ends === 'broken off') return `error in the stream: ${ending.kind}`;
  const error = `error ${ending.kind} ${ending.status}`;
  return ending.asked > 1 ? `retry, then ${error}` : `${error}, once`;
}

function variantsOf(id: FaultId): readonly string[] {
  return FAULTS.find((fault) => fault.id === id)?.variants ?? [];
}

function toldToWait(seconds: number): NonNullable<Verdict['also']> {
  return {
    says: 'the client gets the waiting time',
    // A date has no fractions of a second, so it may say up to two more.
    check({ client }) {
      const told = Number(client.headers.get('retry-after'));
      must(told >= seconds && told <= seconds + 2, `retry-after: ${told}`);
    },
  };
}

function noHtml(): NonNullable<Verdict['also']> {
  return { says: 'no HTML reaches the client', check: ({ client }) => must(!client.raw.includes('<'), client.raw) };
}

function aborted(): NonNullable<Verdict['also']> {
  return {
    says: 'the upstream is aborted',
    always: true,
    check: ({ faulty }) =>
      must(faulty.length > 0 && faulty.every(({ outcome }) => outcome === 'aborted'), 'it was not'),
  };
}

function finishedOnce(): NonNullable<Verdict['also']> {
  return {
    says: 'the answer has its finish',
    check: ({ client }) => must(client.finishReasons.join() === 'stop', `finishes: ${client.finishReasons.join()}`),
  };
}

function usageTold(times: number): NonNullable<Verdict['also']> {
  return {
    says:
      times === 0
        ? 'usage is not sent unless requested'
        : 'a client that asks for usage gets it once; the record has the final value',
    check({ client }) {
      const told = eventsIn(client.raw).filter((event) => /"usage":\{/.test(event)).length;
      must(told === times, `usage was told ${told} times`);
    },
  };
}

function usageAsRecorded(): NonNullable<Verdict['also']> {
  return {
    says: 'messages and responses tell what the vendor told, asked or not',
    check({ client: { usages }, record }) {
      if (record.usage.estimated) return;
      must(usages.at(-1) === totalOutputTokens(record.usage), `usage was told as ${usages.join()}`);
    },
  };
}

async function checkCalls({ client, streamed, trueCalls }: Seen): Promise<void> {
  const truth = await trueCalls();
  const seen = client.toolCalls.map(({ name, pieces }) => ({ name, json: pieces.join('') }));
  must(seen.length === 8 && seen.map(({ json }) => json).join('').length > 90_000, `${seen.length} calls`);
  must(
    seen.every(({ name, json }, at) => name === truth[at]?.name && json === truth[at]?.pieces.join('')),
    'a call is not what the provider made',
  );
  if (streamed)
    must(
      client.toolCalls.every(({ pieces }) => pieces.length > 1),
      'a call came in one piece',
    );
}

function must(holds: boolean, found: string): void {
  if (!holds) throw new Error(found);
}
