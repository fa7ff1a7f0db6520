import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Principal, UsageRecord } from '@portico/core';
import {
  expectNoOpenRequests,
  expectRequestedModels,
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from '@portico/testing';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { QUESTION } from '../support/ask-chat.js';
import { bytesReadFrom } from '../support/bytes-read.js';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { leftovers } from '../support/leftovers.js';
import { MOUNTS, type MountConfig, type Mounted, type MountName } from '../support/mounts.js';
import { chatRequest, leaveMidway, openSocket } from '../support/open-socket.js';
import { promised } from '../support/promised.js';

const EVERYWHERE = Object.keys(MOUNTS) as MountName[];
const OVER_HTTP = EVERYWHERE.filter((mount) => mount !== 'in-process');
/** Where a test can write to the connection itself, in the text of HTTP/1. */
const OVER_SOCKETS = OVER_HTTP.filter((mount) => mount !== 'HTTP/2' && mount !== 'fetch');
/** Nest on Fastify always parses JSON first: what is too large or no JSON is the host's own to refuse, in its own words. */
const readsBodies = (mount: MountName) => !/^Nest .* Fastify$/.test(mount);

describe.each(EVERYWHERE)('c01, R-STR-6, R-HOST-2: a client of %s leaves', (mount) => {
  /** Asks a faulty model, leaves when `moment` has come, and sees what is left of the call. */
  async function leave(
    model: string,
    stream: boolean,
    moment: (scene: Scene & { answer: Promise<Response> }) => Promise<unknown>,
    config: Partial<MountConfig> = {},
  ) {
    const scene = await openScene(mount, [model], {
      anonymous: { ...ADA, limits: { concurrentCalls: 1 } },
      ...config,
    });
    const client = new AbortController();
    const answer = scene.mounted.post({ model: 'chat', stream, messages: QUESTION }, { signal: client.signal });
    answer.catch(() => undefined);
    await moment({ ...scene, answer });
    const leftAt = performance.now();
    client.abort();
    await expectNoOpenRequests(scene.provider);
    for (const request of scene.provider.log.aborted) expect(request.abortedAtMs).toBeLessThan(leftAt + 250);
    await expect(answer.then(readOn)).rejects.toMatchObject({ name: 'AbortError' });
    await scene.recorded;
    expect(scene.records).toHaveLength(1);
    expect(scene.records[0]).toMatchObject({ outcome: 'client_gone', failure: 'client_closed' });
    // The ticket is settled: there is room for the one call at a time again.
    expect(scene.mounted.gateway.openCalls).toBe(0);
    const next = await scene.mounted.post({ model: 'well', messages: QUESTION });
    expect(next.status).toBe(200);
    return { ...scene, record: scene.records[0] as UsageRecord };
  }

  it('before the headers', async () => {
    const { provider, record } = await leave('fault-f05', true, ({ provider: asked }) => asked.log.waitForRequest());
    expect(provider.log.aborted).toHaveLength(1);
    expect(record.usage).toMatchObject({ estimated: true, outputTokens: 0 });
    expect(record.usage.inputTokens).toBeGreaterThan(0);
  });

  it('while waiting for the first token', async () => {
    const { provider } = await leave('fault-f31-stall', true, ({ headArrived }) => headArrived);
    expect(provider.log.aborted).toHaveLength(1);
  });

  it('in the middle of the stream', async () => {
    const { provider, record } = await leave('fault-f34', true, async ({ answer }) => {
      const reader = (await answer).body?.getReader();
      await reader?.read();
      reader?.releaseLock();
    });
    expect(provider.log.aborted).toHaveLength(1);
    expect(record.usage).toMatchObject({ estimated: true });
    expect(record.usage.outputTokens).toBeGreaterThan(0);
    expect(record.costNanoUsd).toBeGreaterThan(0);
  });

  it('while the gateway sleeps between two attempts', async () => {
    const { provider, record } = await leave(
      'fault-f17',
      false,
      async ({ attemptEnded }) => {
        await attemptEnded;
        await turnOfTheEventLoop();
      },
      { retries: { maxRetries: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 } },
    );
    expectRequestedModels(provider, 'fault-f17', 'well');
    expect(record.attempts).toMatchObject([{ failure: 'rate_limited' }]);
  });

  it('before a whole answer begins', async () => {
    const { provider } = await leave('fault-f05', false, ({ provider: asked }) => asked.log.waitForRequest());
    expect(provider.log.aborted).toHaveLength(1);
  });

  it('in the middle of a whole answer', async () => {
    const { provider } = await leave('fault-f06', false, ({ headArrived }) => headArrived);
    expect(provider.log.aborted).toHaveLength(1);
  });

  it.each([true, false])('of a provider that does not listen (f47, streamed: %s)', async (stream) => {
    const { provider } = await leave('fault-f47', stream, ({ headArrived }) => headArrived);
    expect(provider.log.aborted).toHaveLength(1);
  });

  it('while the house decides about the call, and nobody is asked for it', async () => {
    const deciding = promised();
    const decided = promised();
    let calls = 0;
    const { provider, record } = await leave('fault-f05', true, () => deciding.kept, {
      async authorize({ request }) {
        if (calls++ > 0) return;
        deciding.keep();
        await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
        decided.keep();
      },
    });
    await decided.kept;
    expectRequestedModels(provider, 'well');
    expect(record.costNanoUsd).toBe(0);
  });
});

describe.each(EVERYWHERE)('c02, R-PF-2: a client of %s that does not read', (mount) => {
  /** Asks and reads nothing of the answer. */
  async function stare(mounted: Mounted): Promise<{ readOn(): Promise<string> }> {
    const body = { model: 'chat', stream: true, messages: QUESTION };
    if (mounted.port === undefined) {
      const response = await mounted.post(body);
      return { readOn: () => response.text() };
    }
    const client = await openSocket(mounted.port);
    onTestFinished(() => client.leave());
    client.stopReading();
    client.write(chatRequest(body, { headers: 'connection: close\r\n' }));
    return {
      readOn() {
        client.readOn();
        return client.closed;
      },
    };
  }

  it('slows the provider down, and its call ends when it has read nothing for too long', async () => {
    const { mounted, provider, records, recorded } = await openScene(
      mount,
      ['well'],
      { deadlines: { idleMs: 1_500 } },
      { reply: () => manyWords(10_000) },
    );
    const taken = bytesReadFrom(new URL(provider.url).port);
    const client = await stare(mounted);
    const request = await provider.log.waitForRequest();

    const standsAt = await standstill(() => request.sentBytes);
    expect(request.outcome).toBe('open');
    // What the kernel takes of the reader's end, and what is under way; the whole answer is 40 MB.
    expect(taken()).toBeGreaterThan(0);
    expect(taken()).toBeLessThan(15_000_000);
    await provider.log.waitForAbort(request);
    expect(request.sentBytes).toBe(standsAt);
    await recorded;
    expect(records).toMatchObject([{ outcome: 'client_gone', failure: 'request_timeout' }]);
    expect(records[0]?.costNanoUsd).toBeGreaterThan(0);
    expect(mounted.gateway.openCalls).toBe(0);
    // Should it come back after all, it finds no clean end (R-STR-3).
    const rest = await client.readOn();
    expect(rest).toContain('"kind":"request_timeout"');
    expect(rest).not.toContain('[DONE]');
  });

  it('does not make the deployment rest for everybody else', async () => {
    const { mounted, provider } = await openScene(
      mount,
      ['well'],
      { deadlines: { idleMs: 200 }, cooldowns: { failuresInARow: 1, maxWaitMs: 0 } },
      { reply: ({ stream }) => (stream ? manyWords(5_000) : undefined) },
    );
    await stare(mounted);
    await provider.log.waitForAbort(await provider.log.waitForRequest());
    expect((await mounted.post({ model: 'chat', messages: QUESTION })).status).toBe(200);
  });

  it('reads on after a while and gets every byte', async () => {
    const { mounted, provider } = await openScene(mount, ['well'], {}, { reply: () => manyWords(5_000) });
    const client = await stare(mounted);
    const request = await provider.log.waitForRequest();
    await standstill(() => request.sentBytes);
    expect(request.outcome).toBe('open');
    const text = await client.readOn();
    expect(text.match(/"content":" ?w{4000}"/g)).toHaveLength(5_000);
    expect(text).toContain('data: [DONE]\n\n');
  });
});

describe('c03: a body over the limit', () => {
  it.each(OVER_SOCKETS.filter(readsBodies))(
    'is refused on %s before it was read, with the limit in the text',
    async (mount) => {
      const { mounted, provider } = await openScene(mount, ['well'], { maxBodyBytes: 1_000 });
      const client = await openSocket(mounted.port as number);
      client.write(
        'POST /llm/v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50000000\r\n\r\n{"model',
      );
      const answer = await client.closed;
      expect(answer).toContain('413');
      expect(errorIn(answer)).toMatchObject({ type: 'invalid_request_error', code: 'request_too_large', param: null });
      expect(errorIn(answer).message).toContain('1000');
      expectRequestedModels(provider);
    },
  );

  it.each(OVER_SOCKETS.filter(readsBodies))('is refused on %s where it does not say how long it is', async (mount) => {
    const { mounted, provider } = await openScene(mount, ['well'], { maxBodyBytes: 1_000 });
    const client = await openSocket(mounted.port as number);
    client.write('POST /llm/v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    client.write(`800\r\n${'x'.repeat(0x800)}\r\n`);
    expect(errorIn(await client.closed)).toMatchObject({ code: 'request_too_large' });
    expectRequestedModels(provider);
  });

  it.each(EVERYWHERE.filter(readsBodies))('is refused on %s as soon as it is too long', async (mount) => {
    const { mounted, provider } = await openScene(mount, ['well'], { maxBodyBytes: 1_000 });
    const answer = await mounted.post({ model: 'chat', messages: [{ role: 'user', content: 'x'.repeat(1_000) }] });
    expect(answer.status).toBe(413);
    expect(((await answer.json()) as ErrorBody).error.message).toContain('1000');
    expectRequestedModels(provider);
  });

  it.each(OVER_HTTP.filter(readsBodies))('is refused on %s where only its inflated form is', async (mount) => {
    const { mounted, provider } = await openScene(mount, ['well'], { maxBodyBytes: 100_000 });
    const bomb = gzipSync(
      JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'x'.repeat(10_000_000) }] }),
    );
    expect(bomb.length).toBeLessThan(100_000);
    const answer = await mounted.post(bomb, { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(413);
    expectRequestedModels(provider);
  });
});

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;

/** Bodies that are none, and what the refusal must say. */
const BAD_BODIES: readonly [string, string | Uint8Array, RegExp, (string | null)?][] = [
  ['is not JSON', '{"model":"chat",\n"messages":[}', /line 2, column 13/],
  ['breaks off', '{"model":"chat","messages":[{"role":"user","conte', /not valid JSON/],
  ['is not UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), /UTF-8/],
  ['is empty', '', /empty/],
  ['is an array', '[1,2]', /object; found an array/],
  ['is a string', '"hello"', /object; found a string/],
  ['is null', 'null', /object; found null/],
  [
    'nests messages 10,000 deep',
    `{"model":"chat","messages":[{"role":"user","content":${DEEP}}]}`,
    /nested/,
    'messages',
  ],
  [
    'nests something unknown 10,000 deep',
    `{"model":"chat","messages":[{"role":"user","content":"Hi"}],"extra":${DEEP}}`,
    /nested/,
    'extra',
  ],
  [
    'hides the model in __proto__',
    '{"__proto__":{"model":"chat"},"messages":[{"role":"user","content":"Hi"}]}',
    /model/,
    'model',
  ],
  [
    'hides the messages in __proto__',
    '{"model":"chat","__proto__":{"messages":[{"role":"user","content":"Hi"}]}}',
    /messages/,
    'messages',
  ],
  ['has no messages', '{"model":"chat","messages":[]}', /messages/, 'messages'],
];

describe.each(EVERYWHERE.filter(readsBodies))('c04: %s refuses a body that', (mount) => {
  // What goes in-process is text; bytes that are none cannot be said there.
  const bodies = BAD_BODIES.filter(([, body]) => mount !== 'in-process' || typeof body === 'string');
  it.each(bodies)('%s', async (_, body, says, param = null) => {
    const { mounted, provider } = await openScene(mount, ['well']);
    const answer = await mounted.post(body);
    const { error } = (await answer.json()) as ErrorBody;
    expect({ status: answer.status, ...error }).toMatchObject({ status: 400, type: 'invalid_request_error', param });
    expect(error.message).toMatch(says);
    expectRequestedModels(provider);
    expect((await mounted.post({ model: 'chat', messages: QUESTION })).status).toBe(200);
  });

  it('would like to change every object there is: it is only a field that nobody knows', async () => {
    const { mounted, provider } = await openScene(mount, ['well']);
    await mounted.post('{"model":"chat","messages":[{"role":"user","content":"Hi"}],"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(provider.log.requests[0]?.body ?? {})).toBe(Object.prototype);
  });
});

// What Hono's server does with the connection after an answer to half a request is its own affair.
const ENDS_CONNECTIONS = OVER_SOCKETS.filter((mount) => readsBodies(mount) && mount !== 'Hono');

describe.each(ENDS_CONNECTIONS)('c05: a client of %s that sends half a body and waits', (mount) => {
  it('is told 408 when its time is over, and its connection ends', async () => {
    const reading = promised();
    const { mounted, provider } = await openScene(mount, ['well'], {
      strangers: true,
      authenticate: () => {
        reading.keep();
        return ADA;
      },
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const client = await openSocket(mounted.port as number);
    client.write(
      'POST /llm/v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"model"',
    );
    await reading.kept;
    await turnOfTheEventLoop();
    vi.advanceTimersByTime(29_000);
    await turnOfTheEventLoop();
    expect(client.text).toBe('');
    vi.advanceTimersByTime(1_000);
    const answer = await client.closed;
    expect(answer).toContain(' 408 ');
    expect(errorIn(answer)).toMatchObject({ code: 'request_timeout', type: 'invalid_request_error' });
    expectRequestedModels(provider);
  });
});

describe.each(EVERYWHERE)('c06: a client of %s that asks for an unknown model', (mount) => {
  it('is told which ones it may use, and no others', async () => {
    const { mounted, provider } = await openScene(mount, ['well'], { anonymous: { ...ADA, models: ['chat'] } });
    for (const model of ['gpt-5', 'well']) {
      const answer = await mounted.post({ model, messages: QUESTION });
      const { error } = (await answer.json()) as ErrorBody;
      expect(answer.status).toBe(404);
      expect(error).toMatchObject({ code: 'model_not_found', param: 'model' });
      expect(error.message).toContain('"chat"');
      expect(error.message.replace(`"${model}"`, '')).not.toContain('"well"');
    }
    expectRequestedModels(provider);
  });
});

describe('c07, R-SEC-5: what a client says cannot change what is asked of whom', () => {
  const ODD = fc.string({
    unit: fc.constantFrom(
      '\r',
      '\n',
      '#',
      '/',
      '@',
      '?',
      '..',
      '%2f',
      '%0d%0a',
      '\\',
      ':',
      ' ',
      'v1',
      'chat',
      'http://',
      'é',
      '\0',
    ),
    minLength: 1,
    maxLength: 12,
  });
  const IN_A_HEADER = ODD.map((text) => text.replaceAll(/[\r\n\0é]/g, ''));
  const REDIRECTING_HEADERS = [
    'host',
    'x-forwarded-host',
    'x-original-url',
    'x-base-url',
    'x-portico-base-url',
    'openai-organization',
    'x-custom-host',
    'api-base',
  ];
  const ENDPOINTS = {
    openai: '/v1/chat/completions',
    anthropic: '/v1/messages',
    azure: '/openai/v1/chat/completions',
  } as const;

  it.each(Object.keys(ENDPOINTS) as (keyof typeof ENDPOINTS)[])(
    'whatever it puts into models, ids and headers (%s)',
    async (wire) => {
      const target = await startedProvider();
      const { mounted } = await openScene('Express 5', [], { models: { chat: [WIRES[wire](target, 'well')] } });
      await fc.assert(
        fc.asyncProperty(
          ODD,
          ODD,
          fc.constantFrom(...REDIRECTING_HEADERS),
          IN_A_HEADER,
          fc.boolean(),
          async (odd, id, name, value, unknown) => {
            target.log.reset();
            const client = await openSocket(mounted.port as number);
            const messages = [
              { role: 'user', content: 'Hi', name: odd },
              {
                role: 'assistant',
                content: null,
                tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: '{}' } }],
              },
              { role: 'tool', tool_call_id: id, content: odd },
            ];
            const headers = `${name}: ${value}\r\nconnection: close\r\n`;
            client.write(chatRequest({ model: unknown ? `chat${odd}` : 'chat', messages, user: odd }, { headers }));
            const answer = await client.closed;
            expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404) /);
            if (unknown) expectRequestedModels(target);
            for (const request of target.log.requests) {
              expect(request.path).toBe(ENDPOINTS[wire]);
              expect(request.query.size).toBe(0);
              expect(request.headers.host).toBe(`127.0.0.1:${target.port}`);
              expect(request.model).toBe('well');
              for (const hop of REDIRECTING_HEADERS.slice(1)) expect(request.headers).not.toHaveProperty(hop);
            }
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it('whatever it puts into the path', async () => {
    const { mounted, provider } = await openScene('Express 5', ['well']);
    await fc.assert(
      fc.asyncProperty(
        IN_A_HEADER.map((text) => text.replaceAll(/[ \\]/g, '')),
        async (odd) => {
          const client = await openSocket(mounted.port as number);
          client.write(
            chatRequest(
              { model: 'chat', messages: QUESTION },
              { path: `/llm/v1/chat/completions/${odd}`, headers: 'connection: close\r\n' },
            ),
          );
          expect(await client.closed).toMatch(/^HTTP\/1\.1 (200|400|404) /);
          for (const { path, query } of provider.log.requests)
            expect({ path, size: query.size }).toEqual({ path: '/v1/chat/completions', size: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('and Portico does not repeat line breaks of a model name in its headers', async () => {
    const { mounted } = await openScene('Express 5', ['well'], { debugHeaders: true });
    const answer = await mounted.post({ model: 'chat\r\nset-cookie: a=b', messages: QUESTION });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

describe.each([...OVER_HTTP, 'gateway.fetch'] as const)('c08: %s', (place) => {
  const KEYS = {
    right: 'vk-right-0000000000000000000000000',
    expired: 'vk-expired-00000000000000000000000',
    revoked: 'vk-revoked-00000000000000000000000',
    wrong: 'vk-wrong-0000000000000000000000000',
  };

  async function startWithKeys(session?: Principal) {
    const { mounted, provider } = await openScene(place === 'gateway.fetch' ? 'node:http' : place, ['well'], {
      strangers: true,
      ...(session && { authenticate: ({ request }) => (request.header('cookie') === 'sid=ada' ? session : undefined) }),
      keys: [
        { key: KEYS.right, principal: ADA },
        { key: KEYS.expired, principal: ADA, expiresAt: Date.now() - 1 },
        { key: KEYS.revoked, principal: ADA, revoked: true },
      ],
    });
    const body = JSON.stringify({ model: 'chat', messages: QUESTION });
    return {
      provider,
      ask: (headers: Record<string, string>) =>
        place === 'gateway.fetch'
          ? mounted.gateway.fetch(
              new Request('http://app.example/v1/chat/completions', {
                method: 'POST',
                headers: { 'content-type': 'application/json', ...headers },
                body,
              }),
            )
          : mounted.post(body, { headers }),
    };
  }

  it.each([
    ['no credential', {}, 'unauthenticated'],
    ['a wrong one', { authorization: `Bearer ${KEYS.wrong}` }, 'invalid_api_key'],
    ['a wrong one where Anthropic’s clients put it', { 'x-api-key': KEYS.wrong }, 'invalid_api_key'],
    ['an expired one', { authorization: `Bearer ${KEYS.expired}` }, 'expired'],
    ['a revoked one', { authorization: `Bearer ${KEYS.revoked}` }, 'revoked'],
  ] as const)('refuses a call with %s in OpenAI’s shape and does not repeat it', async (_, headers, code) => {
    const { ask, provider } = await startWithKeys();
    const answer = await ask(headers);
    const text = await answer.text();
    expect(answer.status).toBe(401);
    expect(JSON.parse(text).error).toMatchObject({ type: 'authentication_error', code, param: null });
    for (const key of Object.values(KEYS)) expect(text).not.toContain(key.slice(0, 12));
    expectRequestedModels(provider);
  });

  it('says the same of a wrong, an expired and a revoked key, but for the code', async () => {
    const { ask } = await startWithKeys();
    const messages = await Promise.all(
      [KEYS.wrong, KEYS.expired, KEYS.revoked].map(async (key) => {
        const answer = await ask({ authorization: `Bearer ${key}` });
        return ((await answer.json()) as ErrorBody).error.message;
      }),
    );
    expect(new Set(messages).size).toBe(1);
  });

  it('lets the right key in, and a session without a key; a wrong key is not saved by a session (R22)', async () => {
    const { ask, provider } = await startWithKeys({ id: 'ada-by-session' });
    expect((await ask({ authorization: `Bearer ${KEYS.right}` })).status).toBe(200);
    expect((await ask({ cookie: 'sid=ada' })).status).toBe(200);
    expect((await ask({ cookie: 'sid=ada', authorization: `Bearer ${KEYS.right}` })).status).toBe(200);
    expect(provider.log.requests).toHaveLength(3);
    expect((await ask({ cookie: 'sid=ada', authorization: `Bearer ${KEYS.wrong}` })).status).toBe(401);
    expect(provider.log.requests).toHaveLength(3);
  });
});

describe.each(['Express 5', 'in-process'] as const)('c09: a client of %s that is over', (mount) => {
  it('its rate of requests is told how long to wait, and nobody is asked', async () => {
    const { mounted, provider } = await openScene(mount, ['well'], {
      anonymous: { ...ADA, limits: { requestsPerMinute: 1 } },
    });
    const first = await mounted.post({ model: 'chat', messages: QUESTION });
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('1');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('0');

    const second = await mounted.post({ model: 'chat', messages: QUESTION, stream: true });
    expect(second.status).toBe(429);
    expect(Number(second.headers.get('retry-after'))).toSatisfy((seconds: number) => seconds >= 1 && seconds <= 60);
    expect(second.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(second.headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+m)?\d+m?s$/);
    expect(((await second.json()) as ErrorBody).error).toMatchObject({
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
    });
    expectRequestedModels(provider, 'well');
  });

  it('its rate of tokens is told so', async () => {
    const { mounted, provider } = await openScene(mount, ['well'], {
      anonymous: { ...ADA, limits: { tokensPerMinute: 1_000 } },
    });
    const small = await mounted.post({ model: 'chat', messages: QUESTION, max_tokens: 50 });
    expect(small.status).toBe(200);
    expect(small.headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    const large = await mounted.post({ model: 'chat', messages: QUESTION, max_tokens: 960 });
    expect(large.status).toBe(429);
    expect(large.headers.get('retry-after')).not.toBeNull();
    expect(large.headers.get('x-ratelimit-remaining-tokens')).not.toBeNull();
    expectRequestedModels(provider, 'well');
  });

  it('its calls at a time is told so', async () => {
    const { mounted, provider } = await openScene(mount, ['fault-f34'], {
      anonymous: { ...ADA, limits: { concurrentCalls: 1 } },
    });
    const client = new AbortController();
    await mounted.post({ model: 'chat', messages: QUESTION, stream: true }, { signal: client.signal });
    const second = await mounted.post({ model: 'chat', messages: QUESTION });
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('1');
    expectRequestedModels(provider, 'fault-f34');
    client.abort();
    await expectNoOpenRequests(provider);
  });

  it('its budget is told that waiting does not help (insufficient_quota)', async () => {
    const { mounted, provider } = await openScene(mount, ['well'], {
      anonymous: { ...ADA, budget: { usd: 0.000_001, per: 'total' } },
    });
    const answer = await mounted.post({ model: 'chat', messages: QUESTION });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(((await answer.json()) as ErrorBody).error).toMatchObject({
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    });
    expectRequestedModels(provider);
  });
});

describe.each(['Express 5', 'in-process'] as const)(
  'c10, R31: 1,000 clients of %s that leave one after the other',
  (mount) => {
    it('leave nothing behind: no socket, no call, no timer, no memory', async () => {
      const { mounted, provider, records } = await openScene(mount, ['fault-f34'], {
        anonymous: { ...ADA, limits: { concurrentCalls: 50, tokensPerMinute: 1e9 }, budget: { usd: 1e6 } },
      });
      const leaveAll = async (times: number): Promise<void> => {
        for (let done = 0; done < times; done += 50)
          await Promise.all(Array.from({ length: 50 }, () => leaveOnce(mounted)));
        await expectNoOpenRequests(provider);
        provider.log.reset();
        records.length = 0;
      };
      await leaveAll(200);
      const before = await leftovers();
      await leaveAll(1_000);
      expect(mounted.gateway.openCalls).toBe(0);
      expect(provider.log.openSockets).toBe(0);
      const after = await leftovers();
      expect(after.sockets).toBeLessThanOrEqual(before.sockets);
      expect(after.timers).toBeLessThanOrEqual(before.timers);
      expect(after.heapBytes - before.heapBytes).toBeLessThan(4_000_000);
      // There is room for fifty at a time again: every ticket was settled.
      const { status } = await mounted.post({ model: 'well', messages: QUESTION });
      expect(status).toBe(200);
    });
  },
);

interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: string | null;
  };
}

interface Scene {
  readonly mounted: Mounted;
  readonly provider: FakeProvider;
  readonly records: UsageRecord[];
  /** The first record is written. */
  readonly recorded: Promise<void>;
  /** The first upstream has sent the head of its answer. */
  readonly headArrived: Promise<void>;
  /** The first attempt has ended. */
  readonly attemptEnded: Promise<void>;
}

/**
 * A gateway with a group `chat` of these models and one, `well`, that is always healthy. Everybody is Ada, unless there are
 * `strangers`.
 */
async function openScene(
  mount: MountName,
  models: readonly string[],
  { strangers, ...config }: Partial<MountConfig> & { readonly strangers?: true } = {},
  options: FakeProviderOptions = {},
): Promise<Scene> {
  const provider = await startedProvider(options);
  const records: UsageRecord[] = [];
  const recorded = promised();
  const headArrived = promised();
  const attemptEnded = promised();
  const { anonymous, ...quick } = QUICK;
  const mounted = await MOUNTS[mount]({
    ...quick,
    ...(!strangers && { anonymous }),
    models: { chat: models.map((model) => WIRES.openai(provider, model)), well: [WIRES.openai(provider, 'well')] },
    observers: [
      {
        attemptEnded: () => attemptEnded.keep(),
        callEnded(record) {
          records.push(record);
          recorded.keep();
        },
      },
    ],
    interceptors: [
      (send) => async (request) => {
        const reply = await send(request);
        headArrived.keep();
        return reply;
      },
    ],
    ...config,
  });
  onTestFinished(() => mounted.close());
  return {
    mounted,
    provider,
    records,
    recorded: recorded.kept,
    headArrived: headArrived.kept,
    attemptEnded: attemptEnded.kept,
  };
}

async function startedProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
  return provider;
}

/** So many words of 4 kB. */
function manyWords(count: number): string {
  return Array.from({ length: count }, () => 'w'.repeat(4_000)).join(' ');
}

/** Resolves with a number once it has stood still for a third of a second. */
async function standstill(read: () => number): Promise<number> {
  let last = -1;
  while (last !== read()) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, 333));
  }
  return last;
}

async function readOn(response: Response): Promise<void> {
  const reader = response.body?.getReader();
  while (reader !== undefined && !(await reader.read()).done);
}

async function leaveOnce({ port, post }: Mounted): Promise<void> {
  const body = { model: 'chat', messages: QUESTION };
  if (port !== undefined) return leaveMidway(port, body);
  const client = new AbortController();
  const answer = await post({ ...body, stream: true }, { signal: client.signal });
  await answer.body?.getReader().read();
  client.abort();
}

/** The error in the raw text of an HTTP answer. */
function errorIn(answer: string): ErrorBody['error'] {
  return (JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as ErrorBody).error;
}
