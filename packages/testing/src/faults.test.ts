import { Agent } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RawAnswer, type RawOptions, type RawRequest, rawRequest, readEvents } from '../test/raw-request.js';
import { expectNoOpenRequests } from './assertions.js';
import { type FakeProvider, startFakeProvider } from './fake-provider.js';
import { FAULTS, faultModels, faultTable, pickFault } from './faults.js';
import { type UnreachableUrls, unreachableUrls } from './unreachable-urls.js';

// biome-ignore lint/suspicious/noExplicitAny: a parsed answer has whatever shape the test is about to check.
type Json = any;

const CONTENT_TOKENS = 4;
const messages = [{ role: 'user', content: 'Hi' }];

let provider: FakeProvider;
let urls: UnreachableUrls;
beforeAll(async () => {
  provider = await startFakeProvider({ contentTokens: CONTENT_TOKENS, slowMs: 40, trickleMs: 1, retryAfterSeconds: 3 });
  urls = await unreachableUrls();
});
afterEach(() => expectNoOpenRequests(provider));
afterAll(() => Promise.all([provider.close(), urls.close()]));

function begin(model: string, more: object = {}, options?: RawOptions): RawRequest {
  return rawRequest(`${provider.url}/chat/completions`, { model, messages, ...more }, options);
}

const ask = (model: string, more: object = {}, options?: RawOptions): Promise<RawAnswer> =>
  begin(model, more, options).answer;
const askStream = (model: string, more: object = {}): Promise<RawAnswer> => ask(model, { stream: true, ...more });
const askAnthropic = (model: string, more: object = {}): Promise<RawAnswer> =>
  rawRequest(`${provider.origin}/v1/messages`, { model, messages, max_tokens: 500, stream: true, ...more }).answer;

function parsed(answer: RawAnswer): Json[] {
  return readEvents(answer.text).map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data)));
}

function textOf(answer: RawAnswer): string {
  return parsed(answer)
    .map((chunk) => chunk.choices?.[0]?.delta?.content ?? chunk.delta?.text ?? '')
    .join('');
}

function tokensIn(answer: RawAnswer): number {
  return parsed(answer).filter((chunk) => chunk.choices?.[0]?.delta?.content || chunk.delta?.text).length;
}

const finishes = (answer: RawAnswer): unknown[] =>
  parsed(answer).flatMap((chunk) => chunk.choices?.[0]?.finish_reason ?? chunk.delta?.stop_reason ?? []);

async function healthyText(): Promise<string> {
  const answer = JSON.parse((await ask('fake')).text);
  return answer.choices[0].message.content;
}

// Answers name their model, so a healthy one is told from another by what follows the name.
const withoutModel = (text: string): string => text.replace(/I am \S+,/, 'I am …,');

/** Leaves a request that would never end, once it is where the test wants it. */
async function leaveWhen(request: RawRequest, ready: Promise<unknown>): Promise<RawAnswer> {
  await ready;
  request.leave();
  return request.answer;
}

// A test that begins with the id of a fault tells that fault.
const told = new Set<string>();
beforeEach(({ task }) => {
  const id = /^f\d\d(?=: )/.exec(task.name)?.[0];
  if (id !== undefined) told.add(id);
});

describe('a fault by base URL', () => {
  const codeOf = async (url: string): Promise<unknown> =>
    fetch(url).then(
      () => 'answered',
      (failure: unknown) => (failure as { cause?: { code?: string } }).cause?.code, // What fetch rejects with.
    );

  it('f01: the connection is refused', async () => {
    expect(await codeOf(urls.refused)).toBe('ECONNREFUSED');
  });

  it('f02: the name does not resolve', async () => {
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(await codeOf(urls.unresolvable));
  });

  it('f03: the TLS handshake fails, on plain text and on a certificate nobody vouches for', async () => {
    expect(await codeOf(urls.plainText)).toMatch(/^ERR_SSL_/);
    expect(await codeOf(urls.selfSigned)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(urls.log.requests).toHaveLength(0);
  });
});

describe('a fault instead of an answer', () => {
  it('f04: reset before any header', async () => {
    expect(await ask('fault-f04')).toMatchObject({ status: undefined, error: 'ECONNRESET' });
  });

  it('f05: no answer, ever', async () => {
    const asked = begin('fault-f05');
    const answer = await leaveWhen(
      asked,
      provider.log.waitForRequest((seen) => seen.model === 'fault-f05'),
    );
    expect(answer.status).toBeUndefined();
  });

  it('f05 hangs up after stallMs where a test wants an end', async () => {
    const stalling = await startFakeProvider({ stallMs: 5 });
    const answer = await rawRequest(`${stalling.url}/chat/completions`, { model: 'fault-f05', messages }).answer;
    expect(answer).toMatchObject({ status: undefined, error: 'ECONNRESET' });
    await stalling.close();
  });

  it('f06: headers and no body', async () => {
    for (const stream of [true, false]) {
      const asked = begin('fault-f06', { stream });
      const seen = await provider.log.waitForRequest((request) => (request.body as Json).stream === stream);
      const answer = await leaveWhen(asked, new Promise((resolve) => setTimeout(resolve, 20)));
      expect(seen.status).toBe(200);
      expect(answer).toMatchObject({ status: 200, text: '', whole: false });
      provider.log.reset();
    }
  });

  const statuses: readonly [id: string, model: string, status: number, error: object][] = [
    ['f07', 'fault-f07', 400, { type: 'invalid_request_error', param: 'messages[0].content' }],
    ['f08', 'fault-f08', 400, { code: 'context_length_exceeded' }],
    ['f09', 'fault-f09', 400, { code: 'invalid_prompt' }],
    ['f11', 'fault-f11', 403, { code: 'unsupported_country_region_territory' }],
    ['f12', 'fault-f12', 404, { code: 'model_not_found' }],
    ['f13', 'fault-f13', 408, { code: 'timeout' }],
    ['f13', 'fault-f13-409', 409, { code: 'conflict' }],
    ['f13', 'fault-f13-425', 425, { code: 'too_early' }],
    ['f14', 'fault-f14', 413, { code: 'request_too_large' }],
    ['f14', 'fault-f14-422', 422, { code: 'unprocessable_entity' }],
    ['f17', 'fault-f17', 429, { code: 'rate_limit_exceeded' }],
    ['f18', 'fault-f18', 429, { code: 'insufficient_quota', type: 'insufficient_quota' }],
    ['f19', 'fault-f19', 500, { type: 'server_error' }],
    ['f21', 'fault-f21', 503, { code: 'overloaded' }],
    ['f21', 'fault-f21-529', 529, { code: 'overloaded' }],
    ['f22', 'fault-f22', 504, { code: 'timeout' }],
  ];
  for (const [id, model, status, error] of statuses) {
    it(`${id}: ${model} answers ${status}, with or without a stream asked for`, async () => {
      for (const stream of [true, false]) {
        const answer = await ask(model, { stream });
        expect(answer.status).toBe(status);
        expect(JSON.parse(answer.text).error).toMatchObject(error);
        expect(answer.headers['retry-after']).toBeUndefined();
      }
    });
  }

  it('f08 and f09 speak every vendor’s words', async () => {
    const bodies = [];
    for (const one of FAULTS.filter(({ id }) => id === 'f08' || id === 'f09')) {
      expect(one.variants.length).toBeGreaterThan(5);
      for (const model of faultModels(one)) {
        const answer = await ask(model);
        expect(answer.status).toBe(400);
        bodies.push(answer.text);
      }
    }
    expect(new Set(bodies).size).toBe(bodies.length);
  });

  it('f10: 401 with the credential repeated in the message', async () => {
    const answer = await ask('fault-f10', {}, { headers: { authorization: 'Bearer sk-secret-1' } });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text).error.message).toContain('sk-secret-1');
  });

  it('f15: 429 with Retry-After in seconds', async () => {
    expect(await ask('fault-f15')).toMatchObject({ status: 429, headers: { 'retry-after': '3' } });
  });

  it('f16: 429 with a date, with milliseconds, and with RetryInfo in the body', async () => {
    const dated = await ask('fault-f16-date');
    const waitMs = Date.parse(dated.headers['retry-after'] ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(2500);
    expect(waitMs).toBeLessThanOrEqual(4000);
    expect((await ask('fault-f16-ms')).headers).toMatchObject({ 'retry-after-ms': '3000' });
    const inBody = await ask('fault-f16-body');
    expect(inBody.status).toBe(429);
    expect(JSON.parse(inBody.text).error.details[0].retryDelay).toBe('3s');
  });

  it('f20: 502 with an HTML page', async () => {
    const answer = await ask('fault-f20');
    expect(answer).toMatchObject({ status: 502, headers: { 'content-type': 'text/html' } });
    expect(answer.text).toContain('<title>502 Bad Gateway</title>');
  });

  it('f21 says when to come back, where asked to', async () => {
    expect(await ask('fault-f21-retry-after')).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    expect(await ask('fault-f21-529-retry-after')).toMatchObject({ status: 529, headers: { 'retry-after': '3' } });
  });

  it('f23: 200 with an error object', async () => {
    for (const stream of [true, false]) {
      const answer = await ask('fault-f23-rate-limit', { stream });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    }
  });

  it('f24: 200 with an empty body', async () => {
    expect(await ask('fault-f24')).toMatchObject({ status: 200, text: '', whole: true });
    const streamed = await askStream('fault-f24');
    expect(streamed).toMatchObject({ status: 200, text: '', whole: true });
    expect(streamed.headers['content-type']).toContain('text/event-stream');
  });

  it('f25: 200 with JSON that breaks off', async () => {
    const answer = await ask('fault-f25');
    expect(answer).toMatchObject({ status: 200, whole: true });
    expect(answer.text).toMatch(/^\{"id"/);
    expect(isJson(answer.text)).toBe(false);
  });

  it('f26: 200 with an HTML page', async () => {
    expect(await ask('fault-f26')).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
  });

  it('f27: 302 to another host, where the log would show who follows', async () => {
    const { status, headers } = await ask('fault-f27');
    expect(status).toBe(302);
    expect(headers.location).toBe(`http://localhost:${provider.port}/elsewhere/v1/chat/completions`);
    await fetch(headers.location ?? '');
    expect(provider.log.requests.at(-1)?.path).toBe('/elsewhere/v1/chat/completions');
  });

  it('f28: a late head, or a head in time and a late first token', async () => {
    for (const stream of [true, false]) {
      for (const model of ['fault-f28-late-head', 'fault-f28-late-token']) {
        const before = performance.now();
        const asked = begin(model, { stream });
        const answer = await asked.answer;
        expect(performance.now() - before).toBeGreaterThanOrEqual(39);
        expect(answer).toMatchObject({ status: 200, whole: true });
        const text = stream ? textOf(answer) : JSON.parse(answer.text).choices[0].message.content;
        expect(withoutModel(text)).toBe(withoutModel(await healthyText()));
      }
    }
  });
});

describe('a fault at the start of a stream', () => {
  it('f29: an error is the first event, on either wire', async () => {
    expect(parsed(await askStream('fault-f29-overloaded'))).toMatchObject([{ error: { code: 'overloaded' } }]);
    const anthropic = readEvents((await askAnthropic('fault-f29-overloaded')).text);
    expect(anthropic).toMatchObject([{ event: 'error' }]);
    expect(JSON.parse(anthropic[0]?.data ?? '')).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
  });

  it('f30: bookkeeping, then an error', async () => {
    const [role, error, ...more] = parsed(await askStream('fault-f30-rate-limit'));
    expect(role.choices[0].delta.role).toBe('assistant');
    expect(error.error.code).toBe('rate_limit_exceeded');
    expect(more).toEqual([]);
    const names = readEvents((await askAnthropic('fault-f30')).text).map(({ event }) => event);
    expect(names).toEqual(['message_start', 'content_block_start', 'ping', 'error']);
  });

  it('f31: bookkeeping, then a cut, a stall, a reset or a bare end', async () => {
    const cut = await askStream('fault-f31-cut');
    expect(cut).toMatchObject({ status: 200, whole: false, error: 'ECONNRESET' });
    expect(parsed(cut)).toHaveLength(1);
    expect(await askStream('fault-f31-reset')).toMatchObject({ whole: false, error: 'ECONNRESET' });
    const ended = await askStream('fault-f31-end');
    expect(ended.whole).toBe(true);
    expect(parsed(ended)).toHaveLength(1);
    const stalled = begin('fault-f31-stall', { stream: true });
    expect(parsed(await leaveWhen(stalled, stalled.firstPiece))).toHaveLength(1);
  });
});

describe('a fault in the middle of a stream', () => {
  it('f32: the connection closes, or the body just ends, after some tokens', async () => {
    for (const request of [askStream, askAnthropic]) {
      const cut = await request('fault-f32-cut');
      expect([cut.whole, tokensIn(cut), finishes(cut)]).toEqual([false, CONTENT_TOKENS, []]);
      const ended = await request('fault-f32-end');
      expect([ended.whole, tokensIn(ended), finishes(ended)]).toEqual([true, CONTENT_TOKENS, []]);
    }
  });

  it('f33: the connection is reset after some tokens, which still arrive', async () => {
    const answer = await askStream('fault-f33');
    expect(answer).toMatchObject({ whole: false, error: 'ECONNRESET' });
    expect(tokensIn(answer)).toBe(CONTENT_TOKENS);
  });

  it('f34: the stream stalls after some tokens', async () => {
    const asked = begin('fault-f34', { stream: true });
    await asked.firstPiece;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(provider.log.openResponses).toBe(1);
    const answer = await leaveWhen(asked, Promise.resolve());
    expect(tokensIn(answer)).toBe(CONTENT_TOKENS);
  });

  it('f35: an error event comes after some tokens, and nothing after it', async () => {
    const answer = await askStream('fault-f35-overloaded');
    expect([answer.whole, tokensIn(answer)]).toEqual([true, CONTENT_TOKENS]);
    expect(parsed(answer).at(-1)).toMatchObject({ error: { code: 'overloaded' } });
    expect(parsed(await askAnthropic('fault-f35')).at(-1)).toMatchObject({
      type: 'error',
      error: { type: 'api_error' },
    });
  });

  it('f36: one event is malformed and the text is whole without it', async () => {
    for (const request of [askStream, askAnthropic]) {
      const answer = await request('fault-f36');
      const events = readEvents(answer.text);
      const good = events.filter(({ data }) => data === '[DONE]' || isJson(data));
      expect(events.length - good.length).toBe(1);
      const text = good
        .filter(({ data }) => data !== '[DONE]')
        .map(({ data }) => JSON.parse(data))
        .map((chunk) => chunk.choices?.[0]?.delta?.content ?? chunk.delta?.text ?? '');
      expect(withoutModel(text.join(''))).toBe(withoutModel(await healthyText()));
    }
  });

  it('f41: the stream is cut inside tool arguments', async () => {
    for (const [model, whole] of [
      ['fault-f41-cut', false],
      ['fault-f41-end', true],
    ] as const) {
      const openAi = await askStream(model);
      const fragments = parsed(openAi).flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
      const json = fragments.map((one: Json) => one.function.arguments).join('');
      expect([openAi.whole, finishes(openAi)]).toEqual([whole, []]);
      expect(json).toMatch(/^\{"city"/);
      expect(isJson(json)).toBe(false);

      const anthropic = await askAnthropic(model);
      const partial = parsed(anthropic)
        .map((event) => event.delta?.partial_json ?? '')
        .join('');
      expect([anthropic.whole, finishes(anthropic)]).toEqual([whole, []]);
      expect(isJson(partial)).toBe(false);
    }
  });
});

describe('a fault at the end of a stream', () => {
  it('f37: a finish reason but no terminal event', async () => {
    const openAi = await askStream('fault-f37');
    expect([openAi.whole, finishes(openAi)]).toEqual([true, ['stop']]);
    expect(openAi.text).not.toContain('[DONE]');
    const names = parsed(await askAnthropic('fault-f37')).map((event) => event.type);
    expect(names.at(-1)).toBe('message_delta');
  });

  it('f38: a terminal event but no finish reason', async () => {
    const openAi = await askStream('fault-f38');
    expect(finishes(openAi)).toEqual([]);
    expect(parsed(openAi).at(-1)).toBe('[DONE]');
    const names = parsed(await askAnthropic('fault-f38')).map((event) => event.type);
    expect(names.slice(-2)).toEqual(['content_block_stop', 'message_stop']);
  });

  it('f39: more content after the terminal event', async () => {
    expect(parsed(await askStream('fault-f39')).slice(-2)).toMatchObject([
      '[DONE]',
      { choices: [{ delta: { content: ' after the end' } }] },
    ]);
    const events = parsed(await askAnthropic('fault-f39')).map((event) => event.type);
    expect(events.slice(-2)).toEqual(['message_stop', 'content_block_delta']);
  });
});

describe('usage against the book', () => {
  const asked = { stream_options: { include_usage: true } };
  const usages = (answer: RawAnswer): Json[] =>
    parsed(answer).flatMap((event) => event.usage ?? event.message?.usage ?? []);

  it('f40: missing, cumulative, twice, or inside the choices', async () => {
    const honest = usages(await askStream('fake', asked));
    expect(honest).toHaveLength(1);
    const tokens = honest[0].completion_tokens;

    expect(usages(await askStream('fault-f40-missing', asked))).toEqual([]);

    const cumulative = usages(await askStream('fault-f40-cumulative', asked)).map((usage) => usage.completion_tokens);
    expect(cumulative.length).toBeGreaterThan(tokens - 1);
    expect(cumulative).toEqual([...cumulative].sort((one, other) => one - other));
    expect(cumulative.at(-1)).toBe(tokens);

    const twice = usages(await askStream('fault-f40-twice', asked));
    expect(twice).toHaveLength(2);
    expect(twice[0]).toEqual(twice[1]);

    const nested = await askStream('fault-f40-in-choices', asked);
    expect(usages(nested)).toEqual([]);
    expect(parsed(nested).flatMap((chunk) => chunk.choices?.[0]?.usage ?? [])).toMatchObject([
      { completion_tokens: tokens },
    ]);
  });

  it('f40 has its counterparts in Anthropic’s grammar', async () => {
    expect(usages(await askAnthropic('fault-f40-missing'))).toEqual([]);
    const cumulative = usages(await askAnthropic('fault-f40-cumulative'));
    expect(cumulative).toHaveLength(4);
    expect(cumulative.every((usage) => usage.input_tokens > 0)).toBe(true);
    const twice = usages(await askAnthropic('fault-f40-twice')).slice(1);
    expect(twice).toHaveLength(2);
    expect(twice[0]).toEqual(twice[1]);
    const nested = parsed(await askAnthropic('fault-f40-in-choices'));
    expect(nested.some((event) => event.delta?.usage?.output_tokens > 0)).toBe(true);
  });
});

describe('a stream that is right but hard to read', () => {
  it('f42: 100 kB of arguments in 8 calls, interleaved, the same as in JSON', async () => {
    const whole = JSON.parse((await ask('fault-f42')).text).choices[0].message.tool_calls;
    expect(whole).toHaveLength(8);
    const bytes = whole.reduce((sum: number, call: Json) => sum + Buffer.byteLength(call.function.arguments), 0);
    expect(bytes).toBeGreaterThanOrEqual(100_000);

    const deltas = parsed(await askStream('fault-f42')).flatMap((chunk) => chunk.choices?.[0]?.delta.tool_calls ?? []);
    expect(deltas.slice(0, 8).map((delta: Json) => delta.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const joined = Array<string>(8).fill('');
    for (const delta of deltas) joined[delta.index] += delta.function.arguments;
    expect(joined).toEqual(whole.map((call: Json) => call.function.arguments));
    for (const json of joined) expect(isJson(json)).toBe(true);

    const blocks = parsed(await askAnthropic('fault-f42')).filter((event) => event.type === 'content_block_start');
    expect(blocks.map((event) => event.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('f43: every way to spell events reads the same', async () => {
    const plain = withoutModel(await healthyText());
    const asked =
      FAULTS.find(({ id }) => id === 'f43')?.variants.filter((variant) => variant !== 'ten-megabytes') ?? [];
    for (const variant of asked) {
      for (const request of [askStream, askAnthropic]) {
        const answer = await request(`fault-f43-${variant}`);
        expect([variant, withoutModel(textOf(answer)), finishes(answer).length]).toEqual([variant, plain, 1]);
      }
    }
  });

  it('f43 does on the wire what its variants are called', async () => {
    const raw = async (variant: string) => (await askStream(`fault-f43-${variant}`)).text;
    expect(await raw('crlf')).not.toMatch(/[^\r]\n/);
    expect(await raw('cr')).not.toContain('\n');
    expect((await raw('bom')).codePointAt(0)).toBe(0xfeff);
    expect(await raw('comments')).toMatch(/^:.*\n\n:\n\nretry: 3000/);
    expect(await raw('multiline')).toMatch(/data: \{\ndata: {2}"id"/);
    const bytes = await askStream('fault-f43-every-byte');
    expect(bytes.pieces.every((piece) => piece.length === 1)).toBe(true);
  });

  it('f43 sends an event of ten megabytes', async () => {
    const answer = await askStream('fault-f43-ten-megabytes');
    const longest = Math.max(...readEvents(answer.text).map(({ data }) => data.length));
    expect(longest).toBeGreaterThan(10_000_000);
    expect(answer.whole).toBe(true);
  });

  it('f46: gzip though nobody asked, streamed or not', async () => {
    const whole = await ask('fault-f46');
    expect(whole.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(String(gunzipSync(whole.bytes))).choices[0].finish_reason).toBe('stop');
    const streamed = await askStream('fault-f46');
    expect(streamed.headers['content-encoding']).toBe('gzip');
    const text = String(gunzipSync(streamed.bytes));
    expect(withoutModel(textOf({ ...streamed, text }))).toBe(withoutModel(await healthyText()));
    expect(streamed.pieces.length).toBeGreaterThan(10);
  });
});

describe('a fault of habit', () => {
  it('f44: stream_options are rejected, and without them all is well', async () => {
    const refused = await askStream('fault-f44', { stream_options: { include_usage: true } });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('stream_options');
    expect(finishes(await askStream('fault-f44'))).toEqual(['stop']);
  });

  it('f45: an idle connection is closed as the next request arrives; a fresh one is fine', async () => {
    for (const model of ['fault-f45-cut', 'fault-f45-reset']) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      expect((await ask(model, {}, { agent })).status).toBe(200);
      const met = await ask(model, {}, { agent });
      expect(met).toMatchObject({ status: undefined, error: 'ECONNRESET' });
      expect((await ask(model, {}, { agent })).status).toBe(200);
      const [first, second, third] = provider.log.requestsFor(model);
      expect(second?.socket).toBe(first?.socket);
      expect(third?.socket).not.toBe(first?.socket);
      agent.destroy();
    }
  });

  it('f47: the provider keeps sending to a client that only closed its own side, until the socket is gone', async () => {
    const body = JSON.stringify({ model: 'fault-f47', messages, stream: true });
    const socket = connect({ port: provider.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    let received = 0;
    let tellEnough = (): void => undefined;
    const enough = new Promise<void>((resolve) => {
      tellEnough = resolve;
    });
    socket.on('data', (piece: Buffer) => {
      received += piece.length;
      if (received > 10_000) tellEnough();
    });
    await enough;
    const [request] = provider.log.requestsFor('fault-f47');
    expect(request?.outcome).toBe('open');
    socket.destroy();
    await provider.log.waitUntilQuiet();
    expect(request?.outcome).toBe('aborted');
  });

  it('f48: bytes of filler trickle for ever, one at a time', async () => {
    for (const stream of [true, false]) {
      const answer = await leaveAfterAWhile(begin('fault-f48-filler', { stream }));
      expect(answer).toMatchObject({ status: 200, whole: false });
      expect(answer.pieces.every((piece) => piece.length === 1)).toBe(true);
      expect(answer.text.replaceAll(stream ? ':' : ' ', '')).toBe('');
    }
  });

  it('f48 can trickle content too: after some tokens, or the start of the JSON', async () => {
    const streamed = await leaveAfterAWhile(begin('fault-f48-content', { stream: true }));
    expect(tokensIn(streamed)).toBe(CONTENT_TOKENS);
    expect(streamed.pieces.at(-1)).toHaveLength(1);
    const whole = await leaveAfterAWhile(begin('fault-f48-content'));
    expect(whole.text).toMatch(/^\{"id"/);
    expect(isJson(whole.text)).toBe(false);
  });

  const leaveAfterAWhile = (asked: RawRequest): Promise<RawAnswer> =>
    leaveWhen(
      asked,
      asked.firstPiece.then(() => new Promise((resolve) => setTimeout(resolve, 40))),
    );
});

describe('the table of faults', () => {
  it('has every id from f01 to f48, in order, each with a test here', () => {
    const ids = Array.from({ length: 48 }, (_, at) => `f${String(at + 1).padStart(2, '0')}`);
    expect(FAULTS.map(({ id }) => id)).toEqual(ids);
    expect([...told].sort()).toEqual(ids);
  });

  it('knows its own model names and no others', async () => {
    for (const one of FAULTS) {
      for (const model of faultModels(one)) expect(pickFault(model)).toMatchObject({ fault: one });
    }
    expect(pickFault('gpt-4o')).toBeUndefined();
    for (const model of ['fault-f99', 'fault-f16-never', 'fault-f01']) {
      expect(pickFault(model)).toBe('unknown');
      expect(await ask(model)).toMatchObject({ status: 404 });
    }
  });

  it('spells out one row a fault, with the variants that do not fit below', () => {
    const [table = '', ...below] = faultTable().split('\n\n');
    expect(table.split('\n')).toHaveLength(2 + FAULTS.length);
    expect(table).toContain('| f13 | answers 408, 409 or 425 | `fault-f13` | `-408` `-409` `-425` | both |');
    expect(below.map((line) => line.slice(0, 24))).toContain('Variants of `fault-f08`:');
  });

  it('answers healthily where a fault of streams is asked for without a stream', async () => {
    for (const one of FAULTS.filter(({ streaming }) => streaming === 'stream')) {
      for (const model of faultModels(one)) {
        expect(JSON.parse((await ask(model)).text).choices[0].finish_reason).toBe('stop');
      }
    }
  });

  it('heals after as many faults as it was told', async () => {
    const healing = await startFakeProvider({ healAfter: 2 });
    const status = async (model: string) =>
      (await rawRequest(`${healing.url}/chat/completions`, { model, messages }).answer).status;
    expect([await status('fault-f19'), await status('fault-f19'), await status('fault-f19')]).toEqual([500, 500, 200]);
    expect(await status('fault-f17')).toBe(429);
    await healing.close();
  });

  it('speaks Anthropic’s errors on Anthropic’s wire and Azure’s on Azure’s', async () => {
    const anthropic = await askAnthropic('fault-f21', { stream: false });
    expect(anthropic.status).toBe(529);
    expect(JSON.parse(anthropic.text)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
    const credit = await askAnthropic('fault-f18');
    expect(credit.status).toBe(400);
    expect(credit.text).toContain('Your credit balance is too low');
    const path = '/openai/deployments/fault-f12/chat/completions?api-version=2024-10-21';
    const azure = await rawRequest(`${provider.origin}${path}`, { messages }).answer;
    expect(JSON.parse(azure.text).error.code).toBe('DeploymentNotFound');
  });

  it('answers legacy completions healthily where the fault is about tools, which they do not have', async () => {
    for (const model of ['fault-f41-cut', 'fault-f42']) {
      const answer = await rawRequest(`${provider.url}/completions`, { model, prompt: 'Hi', stream: true }).answer;
      expect(answer.text).toContain('"finish_reason":"length"');
      expect(parsed(answer).at(-1)).toBe('[DONE]');
    }
  });

  it('plays its faults on embeddings too', async () => {
    const embed = (model: string) => rawRequest(`${provider.url}/embeddings`, { model, input: 'a' }).answer;
    expect((await embed('fault-f19')).status).toBe(500);
    expect((await embed('fault-f32')).status).toBe(200);
    expect(JSON.parse(String(gunzipSync((await embed('fault-f46')).bytes))).data).toHaveLength(1);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
