import type { Codec } from '../../src/codec.js';
import { GatewayError } from '../../src/errors.js';
import type { Provider } from '../../src/provider.js';
import type { ByteSink, ByteSource, Transport, UpstreamReply, UpstreamRequest } from '../../src/transport.js';
import { NO_USAGE } from '../../src/usage/usage.js';
import { usageOfAnswer } from '../../src/usage/usage-of-answer.js';
import type { Behaviour } from './plan.js';
import { afterMicrotasks, type Turns } from './turns.js';

type Spoken = 'chat.completions' | 'responses' | 'embeddings' | 'files';

/** One request that reached the vendor, and what became of it. */
export interface Exchange {
  /** In the order of arrival; the answer carries it as `u7.`. */
  readonly number: number;
  readonly callId: string;
  readonly deployment: string;
  readonly model: string;
  readonly spoken: Spoken;
  /** What the vendor bills for a complete answer. */
  readonly bill: { readonly input: number; readonly output: number };
  /** The gateway has read the bill. */
  said: boolean;
  status: number | undefined;
  body: ScriptedBody | undefined;
  /** It was destroyed with its request. */
  destroyed: boolean;
}

const PATHS = {
  'chat.completions': '/v1/chat/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
} as const;

/** A vendor whose n-th request is answered by the n-th behaviour, on turns of the fake clock. */
export function scriptedVendor(behaviours: readonly Behaviour[], turns: Turns) {
  const exchanges: Exchange[] = [];
  const transport: Transport = { send: (request) => answer(request), close: async () => {} };
  return { transport, exchanges };

  async function answer(request: UpstreamRequest): Promise<UpstreamReply> {
    const number = exchanges.length;
    const does = behaviours[number % behaviours.length] as Behaviour;
    const { spoken, model, stream } = askedFor(request);
    const { callId, deployment } = request.attempt;
    const bill = spoken === 'files' ? { input: 0, output: 0 } : { input: 1_000 + number, output: 500 + 7 * number };
    const exchange: Exchange = {
      number,
      callId,
      deployment,
      model,
      spoken,
      bill,
      said: false,
      status: undefined,
      body: undefined,
      destroyed: false,
    };
    exchanges.push(exchange);
    if (typeof request.body === 'object' && Symbol.asyncIterator in request.body) for await (const _ of request.body);
    await head(request, does, exchange);
    exchange.status = statusOf(does);
    const isStream = stream && exchange.status === 200;
    const body = new ScriptedBody(() => {
      exchange.said = true;
    });
    exchange.body = body;
    request.cancellation.onCancel((reason) => {
      exchange.destroyed = true;
      afterMicrotasks(does.late, () => body.push({ fails: reason }));
    });
    play(scriptOf(does, exchange, isStream), does, body);
    return {
      status: exchange.status,
      headers: { get: (name) => headerOf(name, does, isStream) },
      body,
    };
  }

  function head({ cancellation }: UpstreamRequest, does: Behaviour, exchange: Exchange): Promise<void> {
    return new Promise((resolve, reject) => {
      cancellation.onCancel((reason) => {
        exchange.destroyed = true;
        reject(reason);
      });
      if (does.kind === 'never' || exchange.destroyed) return;
      turns.after(does.headMs, does.late, () => {
        if (does.kind !== 'refused') return resolve();
        exchange.destroyed = true;
        reject(new GatewayError('network', 'connection refused'));
      });
    });
  }

  function play(script: readonly Item[], does: Behaviour, body: ScriptedBody): void {
    let at = 0;
    const next = () => {
      const item = script[at];
      at += 1;
      if (item === undefined || body.isOver) return;
      body.push(item);
      if (at < script.length) turns.after(does.gapMs, does.late, next);
    };
    turns.after(does.bodyMs, does.late, next);
  }
}

/** What comes of a body: bytes, those that carry the bill, its end, or a failure. */
type Item = { readonly text: string; readonly bills?: boolean; readonly ends?: boolean } | { readonly fails: unknown };

/** A body that is pushed as fast as its reader lets it. */
export class ScriptedBody implements ByteSource {
  isOver = false;
  readonly #onBill: () => void;
  readonly #waiting: Item[] = [];
  #sink: ByteSink | undefined;
  #isPaused = false;

  constructor(onBill: () => void) {
    this.#onBill = onBill;
  }

  start(sink: ByteSink): void {
    if (this.#sink !== undefined) throw new TypeError('A body was started twice.');
    this.#sink = sink;
    this.#drain();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#drain();
  }

  cancel(): void {
    this.isOver = true;
  }

  push(item: Item): void {
    this.#waiting.push(item);
    // A connection that breaks does so whoever reads.
    if ('fails' in item) this.#isPaused = false;
    this.#drain();
  }

  #drain(): void {
    while (this.#sink !== undefined && !this.#isPaused && !this.isOver) {
      const item = this.#waiting.shift();
      if (item === undefined) return;
      if ('fails' in item) {
        this.isOver = true;
        return this.#sink.fail(item.fails);
      }
      if (item.bills) this.#onBill();
      if (item.text !== '') this.#sink.bytes(UTF8.encode(item.text));
      if (item.ends && !this.isOver) {
        this.isOver = true;
        this.#sink.end();
      }
    }
  }
}

const UTF8 = new TextEncoder();

function statusOf({ kind }: Behaviour): number {
  return kind === '429' || kind === '500' || kind === '400' ? Number(kind) : 200;
}

function headerOf(name: string, { kind }: Behaviour, isStream: boolean): string | undefined {
  if (name === 'retry-after-ms' && kind === '429') return '40';
  if (name !== 'content-type') return undefined;
  return isStream ? 'text/event-stream' : 'application/json';
}

function askedFor(request: UpstreamRequest): { spoken: Spoken; model: string; stream: boolean } {
  if (request.path.startsWith('/v1/files')) return { spoken: 'files', model: '', stream: false };
  const spoken = (Object.keys(PATHS) as (keyof typeof PATHS)[]).find((name) => request.path.startsWith(PATHS[name]));
  if (request.body === undefined || request.body === '{}') return { spoken: 'files', model: '', stream: false };
  const { model, stream = false } = JSON.parse(request.body as string) as { model: string; stream?: boolean };
  return { spoken: spoken as Spoken, model, stream };
}

function scriptOf(does: Behaviour, exchange: Exchange, isStream: boolean): readonly Item[] {
  const { kind } = does;
  if (kind === 'silent') return [];
  if (exchange.status !== 200) return [{ text: JSON.stringify({ error: { message: kind } }), ends: true }];
  if (kind === 'breaks-early') return [{ fails: new GatewayError('network', 'gone') }];
  if (!isStream) {
    const whole = wholeOf(exchange);
    if (kind === 'breaks-late') return [{ text: whole.slice(0, 9) }, { fails: new GatewayError('network', 'gone') }];
    if (kind === 'stalls') return [{ text: whole.slice(0, 9) }];
    // Bytes and end are two, so that something can come between them.
    return [{ text: whole, bills: true, ends: true }];
  }
  const { opening, content, closing } = eventsOf(exchange, does.parts);
  const begun: Item[] = [{ text: opening }, ...content.map((text) => ({ text }))];
  if (kind === 'breaks-late') return [...begun, { fails: new GatewayError('network', 'gone') }];
  if (kind === 'fails-inside') return [...begun, { text: event({ error: { message: 'overloaded' } }) }];
  if (kind === 'closes-early') return [...begun, { text: '', ends: true }];
  if (kind === 'stalls') return begun;
  if (kind === 'lingers') return [...begun, { text: closing, bills: true }];
  return [...begun, { text: closing, bills: true }, { text: '', ends: true }];
}

function wholeOf({ number, spoken, model, bill }: Exchange): string {
  const text = `u${number}.`;
  const counts = { input_tokens: bill.input, output_tokens: bill.output, total_tokens: bill.input + bill.output };
  if (spoken === 'files') return JSON.stringify({ id: `file-${number}`, object: 'file', filename: text, data: [] });
  if (spoken === 'embeddings') return JSON.stringify({ object: 'list', data: [], model: text, usage: chatUsage(bill) });
  if (spoken === 'responses') {
    const output = [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }];
    return JSON.stringify({ id: `resp_${number}`, object: 'response', status: 'completed', output, usage: counts });
  }
  const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }];
  return JSON.stringify({ id: `c${number}`, object: 'chat.completion', model, choices, usage: chatUsage(bill) });
}

function chatUsage({ input, output }: Exchange['bill']): object {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function eventsOf({ number, spoken, model, bill }: Exchange, parts: number) {
  const texts = Array.from({ length: parts }, (_, part) => (part === 0 ? `u${number}.` : `${part} `));
  if (spoken === 'responses') {
    const id = `resp_${number}`;
    const usage = { input_tokens: bill.input, output_tokens: bill.output, total_tokens: bill.input + bill.output };
    return {
      opening: event({ type: 'response.created', response: { id, status: 'in_progress' } }),
      content: texts.map((delta) => event({ type: 'response.output_text.delta', delta })),
      closing: event({ type: 'response.completed', response: { id, status: 'completed', output: [], usage } }),
    };
  }
  const chunk = (delta: object, finish_reason: string | null, more: object = {}) =>
    event({
      id: `c${number}`,
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices: [{ index: 0, delta, finish_reason }],
      ...more,
    });
  return {
    opening: chunk({ role: 'assistant', content: '' }, null),
    content: texts.map((content) => chunk({ content }, null)),
    closing: `${chunk({}, 'stop')}${chunk({}, null, { choices: [], usage: chatUsage(bill) })}data: [DONE]\n\n`,
  };
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

const chat: Codec = {
  encode: (request, target) => ({ ...request, model: target.model }),
  openStream: () => ({
    event(data, _name, out) {
      if (data === '[DONE]') return out.done();
      const { choices, usage, error } = JSON.parse(data);
      if (error) return out.fail(new GatewayError('overloaded', 'overloaded'));
      if (usage) return out.usage(usageOfAnswer(usage) ?? NO_USAGE, data);
      const content: string = choices[0].delta.content ?? '';
      out.produced(content.length);
      out.chunk(data, content !== '');
    },
    end() {},
  }),
};

const responses: Codec = {
  encode: (request, target) => ({ ...request, model: target.model }),
  storesResponses: true,
  openStream: () => ({
    event(data, _name, out) {
      const { type, delta = '', response, error } = JSON.parse(data);
      if (error) return out.fail(new GatewayError('overloaded', 'overloaded'));
      out.produced(delta.length);
      if (type === 'response.completed') out.usage(usageOfAnswer(response.usage) ?? NO_USAGE, data);
      out.chunk(data, delta !== '');
      if (type === 'response.completed') out.done();
    },
    end() {},
  }),
};

const embeddings: Codec = { ...chat };

/** `acme` stores responses and files; `lone` has chat only, so that all else is translated to it. */
export const VENDORS: readonly Provider[] = [
  vendor('acme', { 'chat.completions': chat, responses, embeddings }),
  vendor('lone', { 'chat.completions': chat, embeddings }),
];

function vendor(name: string, codecs: Provider['codecs']): Provider {
  return {
    name,
    needsKey: false,
    keyVariables: [],
    codecs,
    connect: () => ({
      origin: `https://${name}.example`,
      paths: Object.fromEntries(Object.keys(codecs).map((key) => [key, PATHS[key as keyof typeof PATHS]])),
      ...(name === 'acme' && { relays: { files: '/v1/files' } }),
      headers: {},
    }),
    classify({ status, headers }) {
      const hint = headers.get('retry-after-ms');
      if (status === 429)
        return new GatewayError('rate_limited', 'full', {
          retryAfterMs: hint === undefined ? undefined : Number(hint),
        });
      return status === 400
        ? new GatewayError('invalid_input', 'bad input')
        : new GatewayError('upstream_error', 'broken');
    },
  };
}
