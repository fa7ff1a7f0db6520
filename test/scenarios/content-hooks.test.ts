import type { ServerResponse } from 'node:http';
import type {
  AnswerMiddleware,
  ChunkTransform,
  ChunkTransformer,
  GatewayConfig,
  JsonObject,
  UsageRecord,
} from '@portico/core';
import { GatewayError } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openGateway, startVendor, VENDOR_KEY, type VendorRequest } from '../support/scripted-vendor.js';

const WORDS = ['The ', 'code ', 'is ', '4711', '. ', 'Bye.'];
const PRICE = { input: 1, output: 1 };

/** The three wires of chat: how one is asked, and where whole answers and events of a stream have their text. */
const WIRES = {
  chat: {
    path: '/chat/completions',
    body: { messages: [{ role: 'user', content: 'Hi' }] },
    text: /"content":"([^"]*)"/,
  },
  messages: {
    path: '/messages',
    body: { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 100 },
    text: /"type":"text(?:_delta)?","text":"([^"]+)"/,
  },
  responses: {
    path: '/responses',
    body: { input: 'Hi' },
    text: /^\{"type":"response\.output_text\.delta".*"delta":"([^"]*)"|^\{(?!"type").*"type":"output_text","text":"([^"]*)"/,
  },
} as const;
type Wire = keyof typeof WIRES;
const ALL = Object.keys(WIRES) as Wire[];

describe.each(ALL)('a request transform, asked on the wire of %s', (wire) => {
  it('changes what is sent and what is measured, and the next one sees what it made', async () => {
    const seen: unknown[] = [];
    const { ask, vendor, records } = await open({
      requestTransforms: [
        { name: 'longer', transform: ({ request }) => ({ ...request.body, max_tokens: 7, max_output_tokens: 7 }) },
        {
          name: 'watch',
          transform: ({ request }) => void seen.push(request.body.max_tokens, request.operation, request.model),
        },
      ],
    });
    const limits = { tokensPerMinute: 200 };
    expect((await ask(wire, {}, { id: 'ada', limits })).status).toBe(200);
    expect(seen[0]).toBe(7);
    expect(seen[2]).toBe('chat');
    expect(Object.values(vendor.requests[0]?.body ?? {})).toContain(7);
    // Without the bound the model's longest answer would not fit the limit.
    expect(records).toHaveLength(1);
  });

  it('refuses with an error of its own, and shows nothing of any other', async () => {
    const { ask, vendor } = await open({
      requestTransforms: [
        {
          name: 'guard',
          transform({ request }) {
            if (JSON.stringify(request.body).includes('secret'))
              throw new GatewayError('forbidden', 'No secrets, please.');
            throw new Error('a detail of this application');
          },
        },
      ],
    });
    const refused = await ask(wire, { metadata: { a: 'secret' } });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('No secrets, please.')]);
    const failed = await ask(wire);
    expect(failed.status).toBe(500);
    expect(failed.text).not.toContain('detail');
    expect(vendor.requests).toHaveLength(0);
  });

  it.each([
    ['never answers', () => new Promise<undefined>(() => {}), 'did not decide'],
    ['returns rubbish', () => 'rubbish' as never, undefined],
    ['makes a body that is none', () => ({ model: 7 }) as never, 'model'],
  ])('that %s ends the call in bounded time', async (_what, transform, told) => {
    const { ask, vendor, gateway } = await open({
      requestTransforms: [{ name: 'odd', transform }],
      policyTimeoutMs: 50,
    });
    const answer = await ask(wire);
    expect([400, 500]).toContain(answer.status);
    if (told !== undefined) expect(answer.text).toContain(told);
    expect([vendor.requests.length, gateway.openCalls]).toEqual([0, 0]);
  });
});

describe.each(ALL)('an answer middleware, asked on the wire of %s', (wire) => {
  const textOf = (value: unknown) => textIn(wire, value);

  it('changes a whole answer, and hands on what it does not touch byte for byte', async () => {
    const change = middleware(async (_context, next) => {
      const answer = await next();
      if (answer.kind !== 'whole') return answer;
      return {
        kind: 'whole',
        value: JSON.parse(JSON.stringify(answer.value).replaceAll('4711', '****')) as JsonObject,
      };
    });
    const { ask, records } = await open({ answerMiddleware: [change] });
    const answer = await ask(wire);
    expect(textOf(answer.json())).toBe('The code is ****. Bye.');
    expect(records).toMatchObject([{ outcome: 'ok', deployment: 'chat', usage: { outputTokens: 6 } }]);
    const streamed = await ask(wire, { stream: true });
    expect(streamed.chunks().map(textOf).join('')).toBe('The code is 4711. Bye.');
  });

  it('answers by itself, whole and as a stream: no upstream is asked, and it costs nothing', async () => {
    const whole = (await (await open({})).ask(wire)).json();
    const chunks = (await (await open({})).ask(wire, { stream: true })).chunks();
    const own = middleware(({ request }) =>
      request.stream ? { kind: 'chunks', chunks } : { kind: 'whole', value: whole },
    );
    const { ask, vendor, records, gateway } = await open({ answerMiddleware: [own] });
    expect((await ask(wire)).json()).toEqual(whole);
    const streamed = await ask(wire, { stream: true });
    expect(streamed.chunks().map(textOf).join('')).toBe('The code is 4711. Bye.');
    expect(vendor.requests).toHaveLength(0);
    expect(records).toMatchObject([
      { outcome: 'ok', costNanoUsd: 0, attempts: [] },
      { outcome: 'ok', costNanoUsd: 0, attempts: [], stream: true },
    ]);
    expect(gateway.openCalls).toBe(0);
  });

  it('refuses an answer that was already made: it is billed, and the client has none of it', async () => {
    const refuse = middleware(async (_context, next) => {
      await next();
      throw new GatewayError('forbidden', 'This answer is not for you.');
    });
    const { ask, records, gateway, vendor } = await open({ answerMiddleware: [refuse] });
    for (const stream of [false, true]) {
      const answer = await ask(wire, { stream });
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain('4711');
    }
    expect(vendor.requests).toHaveLength(2);
    expect(records).toMatchObject([
      { outcome: 'failed', failure: 'forbidden', costNanoUsd: 9_000 },
      { outcome: 'failed', failure: 'forbidden' },
    ]);
    expect(records[1]?.costNanoUsd).toBeGreaterThan(0);
    expect(gateway.openCalls).toBe(0);
  });

  it('asks twice, with another body, and every answer is billed to the one call', async () => {
    const twice = middleware(async ({ request }, next) => {
      await next();
      return next({ ...request.body, temperature: 0.5 });
    });
    const { ask, records, vendor } = await open({ answerMiddleware: [twice] });
    expect((await ask(wire)).status).toBe(200);
    expect(vendor.requests.map(({ body }) => body.temperature)).toEqual([undefined, 0.5]);
    expect(records).toMatchObject([{ outcome: 'ok', costNanoUsd: 18_000, attempts: [{}, {}] }]);
  });

  it('asks other models within the call, on its account and under its limits', async () => {
    const judge = middleware(async ({ request }, next) => {
      const found = await request.ask('embeddings', { model: 'vectors', input: 'Hi' });
      expect((found.data as unknown[]).length).toBe(1);
      return next();
    });
    const { ask, records } = await open({ answerMiddleware: [judge] });
    expect((await ask(wire)).status).toBe(200);
    expect(records).toMatchObject([
      { costNanoUsd: 9_000 + 5_000, attempts: [{ group: 'vectors' }, { group: 'chat' }] },
    ]);
    expect((await ask(wire, {}, { id: 'bob', models: ['chat'] })).status).toBe(404);
    // What the call reserved for itself fills the budget: there is no room for another part.
    const poor = await ask(wire, { max_tokens: 10, max_output_tokens: 10 }, { id: 'cyd', budget: { usd: 0.000_03 } });
    expect(poor.status).toBe(429);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('a detail')), 500],
    ['returns rubbish', () => 7 as never, 500],
    ['makes an opaque answer', () => ({ kind: 'opaque' }) as const, 500],
    ['answers a call for a whole answer with chunks', () => ({ kind: 'chunks', chunks: [] }) as const, 500],
    ['never answers', () => new Promise<never>(() => {}), 504],
  ])('that %s ends the call, and leaves nothing behind', async (_what, answer, status) => {
    const { ask, records, gateway } = await open({
      answerMiddleware: [middleware(answer)],
      deadlines: { totalMs: 200 },
    });
    const told = await ask(wire);
    expect(told.status).toBe(status);
    expect(told.text).not.toContain('a detail');
    expect(records).toMatchObject([{ outcome: 'failed', costNanoUsd: 0 }]);
    expect(gateway.openCalls).toBe(0);
  });

  it('is left when the client leaves', async () => {
    const { gateway, records, ask } = await open({
      answerMiddleware: [middleware(() => new Promise<never>(() => {}))],
    });
    const left = new AbortController();
    const asked = ask(wire, {}, { id: 'ada' }, left.signal).catch((error: unknown) => error);
    await until(() => gateway.openCalls === 1);
    left.abort();
    await asked;
    await until(() => gateway.openCalls === 0);
    expect(records).toMatchObject([{ outcome: 'client_gone' }]);
  });
});

describe.each(ALL)('a chunk transform, asked on the wire of %s', (wire) => {
  const textOf = (value: unknown) => textIn(wire, value);
  const STREAM = { stream: true };

  it('changes a stream, at once or after a while', async () => {
    for (const isSlow of [false, true]) {
      const { ask, records } = await open({
        chunkTransforms: [
          transform({
            chunk(chunk) {
              const changed = [masked(chunk)];
              return isSlow ? Promise.resolve().then(() => changed) : changed;
            },
          }),
        ],
      });
      const answer = await ask(wire, STREAM);
      expect(answer.chunks().map(textOf).join('')).toBe('The code is ****. Bye.');
      expect(records).toMatchObject([{ outcome: 'ok', costNanoUsd: 9_000 }]);
    }
  });

  it('holds back until it knows, and loses nothing', async () => {
    const held: JsonObject[] = [];
    const { ask } = await open({
      chunkTransforms: [
        transform({
          chunk(chunk) {
            held.push(chunk);
            return held.length % 3 === 0 ? held.splice(0) : [];
          },
          end: () => held.splice(0),
        }),
      ],
    });
    const answer = await ask(wire, STREAM);
    expect(answer.chunks().map(textOf).join('')).toBe('The code is 4711. Bye.');
  });

  it('ends the answer early: the upstream is cancelled, and what it made is billed', async () => {
    const { ask, records, vendor } = await open({
      chunkTransforms: [
        transform({ chunk: (chunk) => (textOf(chunk).includes('4711') ? { chunks: [], end: true } : [chunk]) }),
      ],
    });
    const answer = await ask(wire, { ...STREAM, user: 'endless' });
    expect(answer.chunks().map(textOf).join('')).toBe('The code is ');
    await vendor.closed;
    expect(records).toMatchObject([{ outcome: 'ok', usage: { estimated: true } }]);
    expect(records[0]?.costNanoUsd).toBeGreaterThan(0);
  });

  it('refuses in the middle: an error event ends the stream, nobody else is asked, and the deployment is not blamed', async () => {
    const { ask, records, vendor, gateway } = await open({
      chunkTransforms: [
        transform({
          chunk(chunk) {
            if (textOf(chunk).includes('4711')) throw new GatewayError('forbidden', 'No codes, please.');
            return [chunk];
          },
        }),
      ],
      cooldowns: { failuresInARow: 1 },
    });
    for (let round = 0; round < 3; round += 1) {
      const answer = await ask(wire, STREAM);
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('No codes, please.');
      expect(answer.text).not.toContain('4711');
    }
    expect(vendor.requests).toHaveLength(3);
    expect(records.map(({ outcome, failure }) => [outcome, failure])).toEqual(
      Array.from({ length: 3 }, () => ['incomplete', 'forbidden']),
    );
    expect(records.every(({ costNanoUsd }) => (costNanoUsd ?? 0) > 0)).toBe(true);
    expect(gateway.openCalls).toBe(0);
  });

  it.each<[string, ChunkTransformer['chunk']]>([
    [
      'throws',
      () => {
        throw new Error('a detail');
      },
    ],
    ['rejects', () => Promise.reject(new Error('a detail'))],
    ['never answers', () => new Promise<never>(() => {})],
    ['returns rubbish', () => 7 as never],
  ])('that %s ends the stream with an error, and leaves nothing behind', async (_what, chunk) => {
    const { ask, records, gateway } = await open({ chunkTransforms: [transform({ chunk })], policyTimeoutMs: 50 });
    const answer = await ask(wire, STREAM);
    expect(answer.text).toContain('error');
    expect(answer.text).not.toContain('a detail');
    expect(answer.text).not.toContain('4711');
    expect(records).toMatchObject([{ outcome: 'incomplete', failure: 'internal' }]);
    expect(gateway.openCalls).toBe(0);
  });
});

it('chunks that several transforms hand on in any rhythm arrive complete, in order and as they were', async () => {
  const plain = (await (await open({})).ask('chat', { stream: true })).text;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      async (rhythms) => {
        const { ask, gateway } = await open({ chunkTransforms: rhythms.map((rhythm) => inRhythm(rhythm)) });
        const answer = await ask('chat', { stream: true });
        expect(answer.text).toBe(plain);
        expect(gateway.openCalls).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

/** Holds back as many chunks as the rhythm says, and takes a turn of the event loop every other time. */
function inRhythm(rhythm: readonly number[]): ChunkTransform {
  return {
    name: 'rhythm',
    open() {
      const held: JsonObject[] = [];
      let beat = 0;
      return {
        chunk(chunk) {
          held.push(chunk);
          const many = rhythm[beat % rhythm.length] ?? 0;
          if (held.length <= many) return [];
          beat += 1;
          const out = held.splice(0);
          return beat % 2 === 0 ? new Promise((resolve) => setImmediate(() => resolve(out))) : out;
        },
        end: () => held.splice(0),
      };
    },
  };
}

function textIn(wire: Wire, value: unknown): string {
  const [, first, second] = WIRES[wire].text.exec(JSON.stringify(value)) ?? [];
  return first ?? second ?? '';
}

function masked(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value).replaceAll('4711', '****')) as JsonObject;
}

function middleware(answer: AnswerMiddleware['answer']): AnswerMiddleware {
  return { name: 'test', answer };
}

function transform(transformer: ChunkTransformer): ChunkTransform {
  return { name: 'test', open: () => transformer };
}

async function open(config: Partial<GatewayConfig>) {
  const records: UsageRecord[] = [];
  let tellClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    tellClosed = resolve;
  });
  const { origin, requests } = await startVendor((request, response) => {
    response.on('close', tellClosed);
    if (request.path.includes('embeddings')) return answerVector(response);
    if (request.body.stream === true) return answerStream(request, response);
    return answerWhole(response);
  });
  const at = { baseUrl: `${origin}/v1`, apiKey: VENDOR_KEY, price: PRICE, maxOutputTokens: 1_000 };
  const { gateway } = openGateway({
    models: {
      chat: [{ ...at, id: 'chat', model: 'cerebras/some-model' }],
      vectors: [{ ...at, id: 'vectors', model: 'openai/text-embedding-3-small' }],
    },
    observers: [{ callEnded: (record) => void records.push(record) }],
    retries: { maxRetries: 0 },
    logger: false,
    ...config,
  });
  return {
    gateway,
    records,
    vendor: { requests, closed },
    async ask(wire: Wire, more: object = {}, as: object = {}, signal?: AbortSignal) {
      const { path, body } = WIRES[wire];
      const answer = await gateway.fetchAs({ id: 'ada', ...as })(`http://portico/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', ...body, ...more }),
        ...(signal && { signal }),
      });
      const text = await answer.text();
      return { status: answer.status, text, json: () => JSON.parse(text) as JsonObject, chunks: () => eventsIn(text) };
    },
  };
}

function eventsIn(text: string): JsonObject[] {
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json = '']) => JSON.parse(json) as JsonObject);
}

const USAGE = { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 };

function answerWhole(response: ServerResponse): void {
  const choices = [{ index: 0, message: { role: 'assistant', content: WORDS.join('') }, finish_reason: 'stop' }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage: USAGE }));
}

function answerStream({ body }: VendorRequest, response: ServerResponse): void {
  const chunk = (delta: object, finish: string | null, usage?: object) =>
    `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...usage })}\n\n`;
  response.setHeader('content-type', 'text/event-stream');
  response.write(chunk({ role: 'assistant', content: '' }, null));
  for (const word of WORDS) response.write(chunk({ content: word }, null));
  // A vendor that goes on until it is cancelled.
  if (JSON.stringify(body).includes('endless')) return;
  response.write(chunk({}, 'stop'));
  response.write(
    `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: USAGE })}\n\n`,
  );
  response.end('data: [DONE]\n\n');
}

function answerVector(response: ServerResponse): void {
  const data = [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: 5, total_tokens: 5 } }));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
