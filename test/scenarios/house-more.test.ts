// Written by the engineer of house, hooks and budget; the faults engineer leaves this file alone.
import { AsyncLocalStorage } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { inspect } from 'node:util';
import { GatewayError, type UsageRecord } from '@portico/core';
import { llmGateway } from '@portico/express';
import { expectAsked, expectNoOpenRequests, fakeClock } from '@portico/testing';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat, eventsIn, QUESTION } from '../support/ask-chat.js';
import { ADA, gatewayOn, WIRES } from '../support/gateway-on.js';
import {
  groupsOn,
  keepingLogger,
  moment,
  startInExpress,
  startProvider,
  startUpstream,
} from '../support/house-start.js';
import type { MountConfig } from '../support/mounts.js';
import { startSteeredProvider } from '../support/steered-provider.js';
import { watchProcess } from '../support/watch-process.js';

watchProcess();

const ASK = { model: 'chat', messages: QUESTION };
const MODES = [false, true];

async function startSteered() {
  const provider = await startSteeredProvider();
  onTestFinished(() => provider.close());
  const models = {
    chat: [{ model: 'openai/steered', baseUrl: provider.url, apiKey: 'sk-0000', price: { input: 1, output: 2 } }],
  };
  return { provider, models };
}

describe('h01: a policy of the house that breaks its word', () => {
  it.each([
    ['false', false],
    ['true', true],
    ['an error of another kind', new Error('Not on Sundays.')],
    ['a text', 'no'],
  ])('and answers whether a call may go on with %s never lets it pass', async (_, answer) => {
    const provider = await startProvider();
    const logger = keepingLogger();
    const mounted = await startInExpress({ ...gatewayOn(provider), logger, authorize: () => answer as never });
    const response = await mounted.post(ASK);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('\\"authorize\\" must return');
    expect(logger.lines).toHaveLength(1);
    expectAsked(provider);
  });

  it.each([
    ['a text', 'ada'],
    ['true', true],
    ['an id that is no text', { id: 7 }],
    ['an object without an id', { name: 'ada' }],
  ])('and answers who is calling with %s lets nobody in', async (_, answer) => {
    const provider = await startProvider();
    const logger = keepingLogger();
    const mounted = await startInExpress({ ...gatewayOn(provider), logger, authenticate: () => answer as never });
    const response = await mounted.post(ASK);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('\\"authenticate\\" must return');
    expect(logger.lines).toHaveLength(1);
    expectAsked(provider);
  });
});

describe('h01: an interceptor that never answers', () => {
  const hanging: MountConfig['interceptors'] = [
    (next) => (request) => (request.attempt.deployment.startsWith('chat') ? new Promise(() => {}) : next(request)),
  ];

  it.each(MODES)('fails its attempt at the deadline: the spare answers (streamed: %s)', async (stream) => {
    const provider = await startProvider();
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      anonymous: ADA,
      models: {
        chat: { deployments: [WIRES.openai(provider, 'well')], fallbacks: ['spare'] },
        ...groupsOn(provider, 'spare'),
      },
      deadlines: { headersMs: 50 },
      interceptors: hanging,
      observers: [{ callEnded: (record) => void records.push(record) }],
    });
    expect(await askChat(mounted, { model: 'chat', stream })).toMatchObject({ ended: 'answer' });
    expectAsked(provider, 'spare');
    expect(records[0]?.attempts).toMatchObject([{ failure: 'timeout' }, { failure: undefined }]);
  });

  it('keeps nothing of a client that left', async () => {
    const provider = await startProvider();
    const asked = moment();
    const ended = moment();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      interceptors: [
        () => () => {
          asked.now();
          return new Promise(() => {});
        },
      ],
      observers: [{ callEnded: ended.now }],
    });
    const client = new AbortController();
    const answer = mounted.post(ASK, { signal: client.signal });
    answer.catch(() => undefined);
    await asked.come;
    client.abort();
    await ended.come;
    expect(mounted.gateway.openCalls).toBe(0);
  });

  it('and answers after all when nobody waits any more: what it brings is let go', async () => {
    const provider = await startProvider();
    const deadlinePassed = moment();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      models: { chat: [WIRES.openai(provider, 'fault-f34')] },
      deadlines: { headersMs: 50 },
      retries: { maxRetries: 0 },
      interceptors: [
        (next) => async (request) => {
          // As a cache that has gone its own way would, it asks on its own account.
          const reply = await next({
            ...request,
            cancellation: new (request.cancellation.constructor as new () => typeof request.cancellation)(),
          });
          await deadlinePassed.come;
          return reply;
        },
      ],
    });
    const answer = await mounted.post({ ...ASK, stream: true });
    expect(answer.status).toBe(504);
    expect(provider.log.openResponses).toBe(1);
    deadlinePassed.now();
    await expectNoOpenRequests(provider);
  });
});

describe('h03, R-CFG-3: a process that is told to stop', () => {
  it('takes no new calls, lets streams end until the deadline, cuts the rest, writes every record and exits', async () => {
    const { provider } = await startSteered();
    const folder = mkdtempSync(join(tmpdir(), 'portico-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const ledger = join(folder, 'ledger.jsonl');
    const host = fork(join(import.meta.dirname, '../support/house-process.mjs'), [provider.url, ledger, '700']);
    onTestFinished(() => void host.kill('SIGKILL'));
    const exited = once(host, 'exit');
    const [{ port }] = (await once(host, 'message')) as [{ port: number }];
    const ask = (stream: boolean) =>
      fetch(`http://127.0.0.1:${port}/llm/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...ASK, stream }),
      });
    const ids: Record<string, string | null> = {};
    const named = (name: string, answer: Response) => {
      ids[name] = answer.headers.get('x-request-id');
      return answer;
    };

    // Two that have ended, of which the ledger gets the second with a later batch; two streams and a whole answer under way.
    for (const name of ['first', 'second']) {
      const answer = ask(false);
      (await provider.nextRequest()).whole({
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      });
      expect(named(name, await answer).status).toBe(200);
    }
    const drained = ask(true);
    const draining = await provider.nextRequest();
    await draining.token('one');
    const endless = ask(true);
    const stuck = await provider.nextRequest();
    await stuck.token('one');
    const silent = ask(false);
    await provider.nextRequest();

    const stopping = once(host, 'message');
    host.kill('SIGTERM');
    await stopping;
    const late = await ask(true);
    expect(late.status).toBe(503);
    expect(late.headers.get('retry-after')).toBe('1');
    expect(await late.text()).toContain('shutting down');

    await draining.token('two');
    draining.finish();
    const whole = await named('drained', await drained).text();
    expect(whole).toContain('"content":"two"');
    expect(whole.endsWith('data: [DONE]\n\n')).toBe(true);
    const cut = await named('endless', await endless).text();
    expect(eventsIn(cut).at(-1)).toContain('"kind":"unavailable"');
    expect(cut).not.toContain('[DONE]');
    expect(named('silent', await silent).status).toBe(503);

    expect(await exited).toEqual([0, null]);
    const lines = readFileSync(ledger, 'utf8').trimEnd().split('\n');
    const outcomes = lines.map((line) => JSON.parse(line) as UsageRecord).map(({ id, outcome }) => [id, outcome]);
    expect(outcomes).toHaveLength(5);
    expect(Object.fromEntries(outcomes)).toEqual({
      [ids.first as string]: 'ok',
      [ids.second as string]: 'ok',
      [ids.drained as string]: 'ok',
      [ids.endless as string]: 'incomplete',
      [ids.silent as string]: 'failed',
    });
  });
});

describe('h05: the clock of the house jumps in the middle of a stream', () => {
  const HOUR = 3_600_000;

  it.each([-24 * HOUR, -HOUR / 60, HOUR / 60, 24 * HOUR])(
    'by %i ms: silence still ends it, and speech does not',
    async (jumpMs) => {
      const { provider, models } = await startSteered();
      const clock = fakeClock();
      const mounted = await startInExpress({
        anonymous: ADA,
        models,
        clock,
        heartbeatMs: 5_000,
        deadlines: { idleMs: 20_000, answerMs: 600_000 },
      });
      const answer = mounted.post({ ...ASK, stream: true });
      const request = await provider.nextRequest();
      await request.token('one');
      const reader = readerOf(await answer);
      await reader.until('one');

      await clock.advance(10_000);
      clock.set(clock.now() + jumpMs);
      await clock.advance(15_000);
      await request.token('two');
      await reader.until('two');
      // All the while somebody between who cuts silent lines has heard something.
      expect(reader.text.match(/: keep-alive/g)?.length).toBeGreaterThanOrEqual(4);
      await clock.advance(40_000);
      await reader.until('"kind":"timeout"');
      expect(mounted.gateway.openCalls).toBe(0);
      expect(clock.pending).toBe(0);
    },
  );
});

describe('h06, R-FO-4: every deployment of an app rests', () => {
  it.each(MODES)('a call waits for the first to return (streamed: %s)', async (stream) => {
    const provider = await startProvider({ retryAfterSeconds: 3, healAfter: 1 });
    const clock = fakeClock();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      models: { chat: [WIRES.openai(provider, 'fault-f15')] },
      retries: { maxRetries: 0 },
      clock,
    });
    expect((await mounted.post(ASK)).status).toBe(429);
    const answer = mounted.post({ ...ASK, stream });
    await expect.poll(() => mounted.gateway.openCalls).toBe(1);
    await clock.advance(2_900);
    expectAsked(provider, 'fault-f15');
    await clock.advance(200);
    expect((await answer).status).toBe(200);
    expectAsked(provider, 'fault-f15', 'fault-f15');
  });

  it('longer than a call may wait: it is told when the first returns, and nobody is asked', async () => {
    const provider = await startProvider({ retryAfterSeconds: 40 });
    const clock = fakeClock();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      models: { chat: [WIRES.openai(provider, 'fault-f15'), WIRES.openai(provider, 'fault-f18')] },
      retries: { maxRetries: 0 },
      clock,
    });
    await mounted.post(ASK);
    await clock.advance(15_000);
    provider.log.reset();
    for (const stream of MODES) {
      const answer = await mounted.post({ ...ASK, stream });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('25');
      expect(await answer.json()).toMatchObject({ error: { kind: 'unavailable', code: 'unavailable' } });
    }
    expectAsked(provider);
  });
});

describe('R-HOST-5, R19: sinks and the async context of the host', () => {
  it('run in none of a call: a batch holds many, and what is open in the context of one must not see the others', async () => {
    const context = new AsyncLocalStorage<string>();
    const provider = await startProvider();
    const clock = fakeClock();
    const seen: (string | undefined)[] = [];
    const see = () => void seen.push(context.getStore());
    const config = { ...gatewayOn(provider), clock, sinks: [{ record: see }], onUsage: see };
    const mounted = await context.run('of the app', () =>
      startInExpress(config, (app) => {
        app.use((_req, _res, next) => context.run('of the request', next));
      }),
    );
    // The first is taken at once, the others a second later; one of them was left in the middle.
    await mounted.post(ASK);
    await mounted.post(ASK);
    const left = await mounted.post({ ...ASK, stream: true });
    await left.body?.cancel();
    await expect.poll(() => mounted.gateway.openCalls).toBe(0);
    await clock.advance(1_000);
    expect(seen).toEqual(Array.from({ length: 5 }, () => 'of the app'));
  });
});

describe('R22: a key that is not right', () => {
  const KEY = 'vk-of-a-script-00000000000000000000';

  it.each([
    ['unknown', 'vk-nobody-0000000000000000000000', 'invalid_api_key'],
    ['revoked', 'vk-revoked-000000000000000000000', 'revoked'],
    ['expired', 'vk-expired-000000000000000000000', 'expired'],
  ])('because it is %s is refused, though the session beside it is', async (_, shown, code) => {
    const provider = await startProvider();
    let asked = 0;
    const mounted = await startInExpress({
      models: groupsOn(provider, 'chat'),
      authenticate() {
        asked += 1;
        return ADA;
      },
      keys: [
        { key: KEY, principal: { id: 'script' } },
        { key: 'vk-revoked-000000000000000000000', principal: { id: 'old' }, revoked: true },
        { key: 'vk-expired-000000000000000000000', principal: { id: 'old' }, expiresAt: 0 },
      ],
    });
    for (const headers of [{ authorization: `Bearer ${shown}` }, { 'x-api-key': shown }]) {
      const answer = await mounted.post(ASK, { headers: { ...headers, cookie: 'sid=ada' } });
      expect(answer.status).toBe(401);
      const text = await answer.text();
      expect(JSON.parse(text)).toMatchObject({ error: { type: 'authentication_error', code } });
      expect(text).not.toContain(shown);
    }
    expectAsked(provider);
    expect(asked).toBe(0);
    expect((await mounted.post(ASK, { headers: { cookie: 'sid=ada' } })).status).toBe(200);
    expect((await mounted.post(ASK, { headers: { authorization: `Bearer ${KEY}` } })).status).toBe(200);
  });
});

describe('R-HOST-4, R23: where the gateway lies in the app', () => {
  it.each([
    ['below nested routers', '/api/v2/llm/v1', ''],
    ['below nested routers, its path in other letters', '/API/v2/LLM/v1', ''],
    ['without /v1', '/api/v2/llm', ''],
    ['with /v1 twice', '/api/v2/llm/v1/v1', ''],
    ['below a parameter', '/tenants/acme/llm/v1', ''],
    ['with a query', '/api/v2/llm/v1', '?api-version=1&path=/../x'],
    ['with a slash at the end', '/api/v2/llm/v1', '/'],
  ])('%s, it answers as at its root', async (_, base, end) => {
    const provider = await startProvider();
    const seen: string[] = [];
    const gateway = llmGateway({
      ...gatewayOn(provider),
      authorize: ({ req, request }) => void seen.push(`${req.baseUrl.toLowerCase()} ${request.operation}`),
    });
    const mounted = await startInExpress(gatewayOn(provider), (app) => {
      const router = express.Router().use('/llm', gateway);
      app.use('/api', express.Router().use('/v2', router));
      app.use('/tenants/:tenant', router);
      app.get('/api/v2/pages', (_req, res) => void res.send('of the host'));
    });
    const origin = `http://127.0.0.1:${mounted.port}`;
    const ask = (stream: boolean) =>
      fetch(`${origin}${base}/chat/completions${end}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...ASK, stream }),
      });
    expect(await (await ask(false)).json()).toMatchObject({ object: 'chat.completion' });
    expect(await (await ask(true)).text()).toContain('[DONE]');
    const at = base.toLowerCase().replace(/(\/v1)*$/, '');
    expect(seen).toEqual([`${at} chat.completions`, `${at} chat.completions`]);
    expect(await (await fetch(`${origin}${base}/models${end}`)).json()).toMatchObject({ data: [{ id: 'chat' }] });
    expect(await (await fetch(`${origin}${base}/nothing`)).json()).toMatchObject({ error: { code: 'not_found' } });
    expect(await (await fetch(`${origin}/api/v2/pages`)).text()).toBe('of the host');
    await gateway.close();
  });
});

describe('headers that the host sets', () => {
  const OWN = {
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'content-security-policy': "default-src 'self'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'x-request-start': 'before',
    vary: 'origin',
  };

  it.each([
    ['a whole answer', { ...ASK }, 200],
    ['a stream', { ...ASK, stream: true }, 200],
    ['a refusal', { ...ASK, model: 'nobody' }, 404],
  ])('are on %s too, and what it took off stays off', async (_, body, status) => {
    const provider = await startProvider();
    const mounted = await startInExpress(gatewayOn(provider), (app) => {
      app.use((_req, res, next) => {
        res.set(OWN).removeHeader('x-powered-by');
        next();
      });
    });
    const answer = await mounted.post(body);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject(OWN);
    expect(answer.headers.has('x-powered-by')).toBe(false);
    await answer.text();
  });
});

describe('R-SP-2, R32: a call that is not admitted', () => {
  it.each([
    ['nobody is logged in', 401, { headers: { 'x-user': '' } }],
    ['it is not JSON', 400, { body: '{"model":' }],
    ['it asks for nothing', 400, { body: { model: 'chat' } }],
    ['there is no such model', 404, { body: { ...ASK, model: 'nobody' } }],
    ['the model is not for this caller', 404, { body: { ...ASK, model: 'secret' } }],
    ['the house says no', 403, { headers: { 'x-user': 'blocked' } }],
    ['it is over its rate', 429, { headers: { 'x-user': 'busy' } }],
    ['it is over its budget', 429, { headers: { 'x-user': 'broke' } }],
    ['it is too long', 413, { body: { ...ASK, padding: 'x'.repeat(2_000) } }],
  ] as const)(
    'because %s leaves no record, and tells no observer',
    async (_, status, {
      body = ASK,
      headers = {},
    }: { readonly body?: unknown; readonly headers?: Record<string, string> }) => {
      const provider = await startProvider();
      const told: unknown[] = [];
      const mounted = await startInExpress({
        models: groupsOn(provider, 'chat', 'secret'),
        maxBodyBytes: 1_000,
        authenticate({ request }) {
          const id = request.header('x-user') ?? 'ada';
          return id && { id, models: ['chat'], ...LIMITS[id as keyof typeof LIMITS] };
        },
        authorize: ({ request }) =>
          request.principal.id === 'blocked' ? new GatewayError('forbidden', 'No.') : undefined,
        observers: [
          {
            callStarted: (call) => void told.push(call),
            attemptEnded: (call) => void told.push(call),
            callEnded: (record) => void told.push(record),
          },
        ],
        onUsage: (record) => void told.push(record),
      });
      const answer = await mounted.post(body, { headers });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ error: { message: expect.any(String) } });
      await mounted.gateway.close();
      expect(told).toEqual([]);
      expectAsked(provider);
    },
  );

  const LIMITS = { busy: { limits: { requestsPerMinute: 0 } }, broke: { budget: { usd: 0 } } };
});

describe('R-SP-2: a client that leaves while the gateway sleeps after a refusal', () => {
  it('owes nothing: nobody was working for it', async () => {
    const provider = await startProvider();
    const clock = fakeClock();
    const failed = moment();
    const ended = moment();
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      models: { chat: [WIRES.openai(provider, 'fault-f19')] },
      clock,
      observers: [
        {
          attemptEnded: failed.now,
          callEnded(record) {
            records.push(record);
            ended.now();
          },
        },
      ],
    });
    const client = new AbortController();
    const answer = mounted.post(ASK, { signal: client.signal });
    answer.catch(() => undefined);
    await failed.come;
    await turnOfTheEventLoop();
    client.abort();
    await ended.come;
    expect(records).toMatchObject([
      { outcome: 'client_gone', costNanoUsd: 0, usage: { inputTokens: 0 }, attempts: [{ failure: 'upstream_error' }] },
    ]);
  });
});

describe('R-LOG-2: an upstream that repeats all it received in all it answers', () => {
  const SECRETS = {
    usual: 'sk-canary-upstream-4f1c9ab2d07e',
    odd: 'canary.of/no=vendor+4f1c9ab2d07e',
    header: 'canary-header-81d2e6c3b5fa',
    key: 'canary-virtual-key-c0ffee112233445566',
    cookie: 'canary-cookie-9a8b7c6d5e4f',
  };

  it.each(['usual', 'odd'] as const)('makes no secret known (a credential of the %s kind)', async (kind) => {
    const received: string[] = [];
    // The seed says what it answers.
    const upstream = await startUpstream((req, res, body) => {
      const { seed: status } = JSON.parse(body) as { readonly seed: number };
      const all = JSON.stringify(req.headers);
      received.push(all);
      const error = { message: `I was sent ${all}`, type: 'odd', param: all, code: 'odd' };
      const odd = { 'x-request-id': 'vendor-1', 'set-cookie': 'v=1', 'x-echo': Buffer.from(all).toString('latin1') };
      if (status === MIDDLE_OF_STREAM) {
        const choices = [{ index: 0, delta: { role: 'assistant', content: 'Hello' } }];
        res.writeHead(200, { 'content-type': 'text/event-stream', ...odd });
        res.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`);
        res.end(`data: ${JSON.stringify({ error })}\n\n`);
      } else {
        res.writeHead(status, { 'content-type': 'application/json', ...odd });
        res.end(JSON.stringify({ error }));
      }
    });
    const logger = keepingLogger();
    const told: string[] = [];
    const tell = (one: unknown) => {
      told.push(inspect(one, { depth: null, showHidden: true }), JSON.stringify(one) ?? '');
    };
    const mounted = await startInExpress({
      models: { chat: [{ ...upstream, apiKey: SECRETS[kind], headers: { 'x-of-the-house': SECRETS.header } }] },
      retries: { maxRetries: 0 },
      cooldowns: { restMs: 1, quotaRestMs: 1 },
      debugHeaders: true,
      logger,
      keys: [{ key: SECRETS.key, principal: ADA }],
      interceptors: [
        // One that adds a header hands a new object on, which must print as the old one did.
        (next) => (request) => {
          tell(request);
          return next({ ...request, headers: { ...request.headers, 'x-trace': 'abc' } });
        },
        (next) => async (request) => {
          tell(request);
          const reply = await next(request);
          tell(reply.headers.get('x-request-id'));
          return reply;
        },
      ],
      observers: [{ callStarted: tell, attemptEnded: (call, attempt) => tell([call, attempt]), callEnded: tell }],
      sinks: [{ record: tell }],
      onUsage: tell,
    });
    const headers = { authorization: `Bearer ${SECRETS.key}`, cookie: SECRETS.cookie, 'x-own': SECRETS.cookie };

    for (const seed of [
      200,
      302,
      400,
      401,
      403,
      404,
      408,
      409,
      413,
      418,
      422,
      429,
      500,
      502,
      503,
      504,
      529,
      MIDDLE_OF_STREAM,
    ]) {
      for (const stream of MODES) {
        // One that says nothing may rest for a millisecond.
        const answer = await mounted.post({ ...ASK, seed, stream }, { headers });
        told.push(inspect(answer.headers), await answer.text());
        const error = await mounted.gateway
          .chat({ ...ASK, model: 'chat' as never, seed }, { as: ADA })
          .catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(GatewayError);
        tell(error);
      }
    }
    await mounted.gateway.close();
    tell(logger.lines);
    expect(received.length).toBeGreaterThan(60);
    for (const all of received) {
      expect(all).toContain(SECRETS[kind]);
      expect(all).toContain(SECRETS.header);
      expect(all).toContain('"x-trace":"abc"');
      expect(all).not.toMatch(new RegExp(`${SECRETS.key}|${SECRETS.cookie}`));
    }
    for (const secret of Object.values(SECRETS)) {
      expect(told.filter((one) => one.includes(secret)).map((one) => one.slice(0, 500))).toEqual([]);
    }
  });

  const MIDDLE_OF_STREAM = 1;
});

/** Reads a stream as it comes. */
function readerOf(answer: Response) {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const utf8 = new TextDecoder();
  let text = '';
  return {
    get text() {
      return text;
    },
    async until(part: string): Promise<void> {
      while (!text.includes(part)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The stream ended before ${JSON.stringify(part)} came: ${text}`);
        text += utf8.decode(value, { stream: true });
      }
    },
  };
}
