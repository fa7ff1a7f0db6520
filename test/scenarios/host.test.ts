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
import {
  expectNoOpenRequests,
  expectRequestedModels,
  FAULTS,
  type FakeProviderOptions,
  fakeClock,
  faultModels,
} from '@portico/testing';
import compression from 'compression';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import express4 from 'express4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat, QUESTION } from '../support/ask-chat.js';
import { eventsIn } from '../support/client-view.js';
import { ADA, gatewayOn, QUICK, UPSTREAM_KEY, WIRES } from '../support/gateway-on.js';
import {
  groupsOn,
  keepingLogger,
  startControlled,
  startInExpress,
  startProvider,
  startUpstream,
} from '../support/host-start.js';
import { leftovers } from '../support/leftovers.js';
import { MOUNTS, type MountConfig, type MountName, mountExpress } from '../support/mounts.js';
import { chatRequest, leaveMidway, openSocket } from '../support/open-socket.js';
import { promised } from '../support/promised.js';

const EVERYWHERE = Object.keys(MOUNTS) as MountName[];
const ASK = { model: 'chat', messages: QUESTION };
const MODES = [false, true];

describe.each(EVERYWHERE)('h01, R-HOST-3 on %s: a policy of the house', (mount) => {
  const WAYS = {
    throws: () => {
      throw new Error('secret of the house');
    },
    rejects: () => Promise.reject(new Error('secret of the house')),
    'never decides': () => new Promise<never>(() => {}),
  };

  const HOOKS = mount === 'in-process' ? (['authorize'] as const) : (['authenticate', 'authorize'] as const);
  describe.each(HOOKS)('that is to %s', (hook) => {
    it.each(Object.keys(WAYS) as (keyof typeof WAYS)[])(
      'and %s refuses the call, clearly, and says no more',
      async (way) => {
        let broken = true;
        const logger = keepingLogger();
        const { mounted, provider } = await open(mount, ['well'], {
          logger,
          policyTimeoutMs: 50,
          authenticate: () => ADA,
          authorize: () => {},
          [hook]: () => (broken ? WAYS[way]() : hook === 'authenticate' ? ADA : undefined),
        });
        const answer = await mounted.post(ASK);
        const text = await answer.text();
        expect(answer.status).toBe(500);
        expect(JSON.parse(text).error).toMatchObject({ type: 'api_error', code: 'internal_error' });
        expect(text).toContain('hook of this application');
        expect(text).not.toContain('secret');
        expectRequestedModels(provider);
        expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
        expect(mounted.gateway.openCalls).toBe(0);

        broken = false;
        expect((await mounted.post(ASK)).status).toBe(200);
      },
    );
  });

  it('that throws a 4xx refuses with it, and its words are the client’s', async () => {
    const { mounted, provider } = await open(mount, ['well'], {
      authorize: () => {
        throw Object.assign(new Error('Your trial is over.'), { status: 402 });
      },
    });
    const answer = await mounted.post(ASK);
    expect(answer.status).toBe(402);
    expect(await answer.text()).toContain('Your trial is over.');
    expectRequestedModels(provider);
  });
});

describe('h01: a policy of the house that breaks its word', () => {
  it.each([
    ['false', false],
    ['true', true],
    ['an error of another kind', new Error('Not on Sundays.')],
    ['a string', 'no'],
  ])('and answers whether a call may go on with %s never lets it pass', async (_, answer) => {
    const provider = await startProvider();
    const logger = keepingLogger();
    const mounted = await startInExpress({ ...gatewayOn(provider), logger, authorize: () => answer as never });
    const response = await mounted.post(ASK);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('\\"authorize\\" must return');
    expect(logger.lines).toHaveLength(1);
    expectRequestedModels(provider);
  });

  it.each([
    ['a string', 'ada'],
    ['true', true],
    ['an id that is no text', { id: 7 }],
    ['an object without an id', { name: 'ada' }],
  ])('and answers who is calling with %s lets nobody in', async (_, answer) => {
    const provider = await startProvider();
    const logger = keepingLogger();
    const mounted = await startInExpress({ ...gatewayOn(provider), logger, authenticate: () => answer as never });
    const response = await mounted.post(ASK);
    expect(response.status).toBe(500);
    // The log says what is wrong; the caller cannot help it.
    expect(await response.text()).not.toContain('authenticate');
    expect(logger.lines.map(({ fields }) => (fields as { err?: Error }).err?.message)).toEqual([
      expect.stringContaining('"authenticate" returned a principal that cannot be used'),
    ]);
    expectRequestedModels(provider);
  });
});

describe.each(EVERYWHERE)('h01 on %s: other guests of the house', (mount) => {
  it.each([
    [
      'throw',
      () => {
        throw new Error('no');
      },
    ],
    ['reject', () => Promise.reject(new Error('no'))],
    ['never end', () => new Promise<void>(() => {})],
  ] as const)('that watch and %s change nothing, and are logged once', async (way, fails) => {
    const logger = keepingLogger();
    const { mounted } = await open(mount, ['well'], {
      logger,
      observers: [{ name: 'clumsy', callStarted: fails, attemptEnded: fails, callEnded: fails }],
    });
    for (const stream of [...MODES, ...MODES])
      expect(await askChat(mounted, { model: 'chat', stream })).toMatchObject({ ended: 'answer' });
    expect(logger.lines).toHaveLength(way === 'never end' ? 0 : 1);
    if (way !== 'never end') expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { observer: 'clumsy' } });
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
    expectRequestedModels(provider, 'spare');
    expect(records[0]?.attempts).toMatchObject([{ failure: 'timeout' }, { failure: undefined }]);
  });

  it('keeps nothing of a client that left', async () => {
    const provider = await startProvider();
    const asked = promised();
    const ended = promised();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      interceptors: [
        () => () => {
          asked.keep();
          return new Promise(() => {});
        },
      ],
      observers: [{ callEnded: () => ended.keep() }],
    });
    const client = new AbortController();
    const answer = mounted.post(ASK, { signal: client.signal });
    answer.catch(() => undefined);
    await asked.kept;
    client.abort();
    await ended.kept;
    expect(mounted.gateway.openCalls).toBe(0);
  });

  it('and answers after all when nobody waits any more: what it brings is let go', async () => {
    const provider = await startProvider();
    const deadlinePassed = promised();
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
          await deadlinePassed.kept;
          return reply;
        },
      ],
    });
    const answer = await mounted.post({ ...ASK, stream: true });
    expect(answer.status).toBe(504);
    expect(provider.log.openResponses).toBe(1);
    deadlinePassed.keep();
    await expectNoOpenRequests(provider);
  });
});

describe('h01: a sink of the house', () => {
  it('that never answers has its records spilled when the gateway closes, and is named where it cannot', async () => {
    const spilled: string[] = [];
    const logger = keepingLogger();
    const { mounted, records, clock } = await openWithClock(['well'], {
      logger,
      sinks: [
        {
          name: 'with a spill',
          record: () => new Promise(() => {}),
          spill: (batch) => void spilled.push(...batch.map(({ id }) => id)),
        },
        { name: 'without', record: () => new Promise(() => {}) },
      ],
    });
    await mounted.post(ASK);
    const closing = mounted.gateway.close();
    await clock.advance(5_000);
    await closing;
    expect(spilled).toEqual(records.map(({ id }) => id));
    expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { sink: 'without', ids: spilled } },
    ]);
  });
});

describe('h03, R-CFG-3: a process that is told to stop', () => {
  it('takes no new calls, lets streams end until the deadline, cuts the rest, writes every record and exits', async () => {
    const { provider } = await startControlled();
    const folder = mkdtempSync(join(tmpdir(), 'portico-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const ledger = join(folder, 'ledger.jsonl');
    const host = fork(new URL('../support/house-process.mjs', import.meta.url), [provider.url, ledger, '700']);
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

describe('R-CFG-3: a gateway that closes while the house decides about a call', () => {
  it('does not begin with it', async () => {
    const deciding = promised();
    const decided = promised();
    const { mounted, provider, records } = await open('Express 5', ['well'], {
      async authorize() {
        deciding.keep();
        await decided.kept;
      },
    });
    const answer = mounted.post(ASK);
    await deciding.kept;
    await mounted.gateway.close();
    decided.keep();
    expect((await answer).status).toBe(503);
    expect((await answer).headers.get('retry-after')).toBe('1');
    expectRequestedModels(provider);
    expect(records).toEqual([]);
  });
});

describe('h05: the clock of the house jumps', () => {
  const HOUR = 3_600_000;

  it.each([-24 * HOUR, -HOUR / 6, HOUR / 6, 24 * HOUR])(
    'by %i ms: a rest is over when it would have been, or before',
    async (jumpMs) => {
      const { mounted, provider, clock } = await openWithClock(['fault-f17', 'spare']);
      await mounted.post(ASK);
      clock.set(clock.now() + jumpMs);
      await clock.advance(5_000);
      await mounted.post(ASK);
      expect(provider.log.requestsFor('fault-f17')).toHaveLength(2);
    },
  );

  it.each([-24 * HOUR, -HOUR, HOUR, 24 * HOUR])(
    'by %i ms: a limit per minute neither hangs nor opens wide',
    async (jumpMs) => {
      const { mounted, clock } = await openWithClock(['well'], {
        anonymous: { ...ADA, limits: { requestsPerMinute: 2 } },
      });
      const letIn = async () => {
        let count = 0;
        for (let call = 0; call < 10; call += 1) count += (await mounted.post(ASK)).status === 200 ? 1 : 0;
        return count;
      };
      const startedAt = clock.now();
      expect(await letIn()).toBe(2);
      clock.set(startedAt + jumpMs);
      expect(await letIn()).toBe(2);
      // And back: at worst the minute is a new one.
      clock.set(startedAt);
      expect(await letIn()).toBeLessThanOrEqual(jumpMs < 0 ? 0 : 2);
      await clock.advance(60_000);
      expect(await letIn()).toBe(2);
    },
  );
});

describe('h05: the clock of the house jumps in the middle of a stream', () => {
  const HOUR = 3_600_000;

  it.each([-24 * HOUR, -HOUR / 60, HOUR / 60, 24 * HOUR])(
    'by %i ms: silence still ends it, and speech does not',
    async (jumpMs) => {
      const { provider, models } = await startControlled();
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
    expectRequestedModels(provider, 'fault-f15');
    await clock.advance(200);
    expect((await answer).status).toBe(200);
    expectRequestedModels(provider, 'fault-f15', 'fault-f15');
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
    expectRequestedModels(provider);
  });
});

describe('R-HOST-5, R19: the async context of the host', () => {
  it.each([
    ['an answer', 'well', false, 'ok'],
    ['a stream', 'well', true, 'ok'],
    ['a stream that breaks', 'fault-f33', true, 'incomplete'],
    ['a client that leaves', 'fault-f34', true, 'client_gone'],
  ] as const)('is seen by every hook: %s', async (_, model, stream, outcome) => {
    const context = new AsyncLocalStorage<string>();
    const seen: Record<string, string | undefined> = {};
    const see = (hook: string) => {
      seen[hook] = context.getStore();
    };
    const ended = promised();
    const provider = await startProvider();
    const mounted = await mountExpress(
      express,
      {
        models: { chat: [WIRES.openai(provider, model)] },
        authenticate() {
          see('authenticate');
          return ADA;
        },
        authorize: () => see('authorize'),
        interceptors: [
          (send) => async (request) => {
            const reply = await send(request);
            see('interceptor');
            return reply;
          },
        ],
        observers: [
          {
            callStarted: () => see('callStarted'),
            attemptEnded: () => see('attemptEnded'),
            callEnded(record) {
              see(`callEnded: ${record.outcome}`);
              ended.keep();
            },
          },
        ],
      },
      (app) => {
        app.use((_req, _res, next) => context.run('of the request', next));
      },
    );
    onTestFinished(() => mounted.close());
    const client = new AbortController();
    const answer = await mounted.post({ ...ASK, stream }, { signal: client.signal });
    if (outcome === 'client_gone') client.abort();
    else await answer.text();
    await ended.kept;
    const hooks = ['authenticate', 'authorize', 'callStarted', 'interceptor', 'attemptEnded', `callEnded: ${outcome}`];
    expect(seen).toEqual(Object.fromEntries(hooks.map((hook) => [hook, 'of the request'])));
  });
});

describe('R-HOST-5, R19: sinks and the async context of the host', () => {
  it('run in none of a call, since a batch holds many; "onUsage", which is given one at a time, in its own', async () => {
    const context = new AsyncLocalStorage<string>();
    const provider = await startProvider();
    const clock = fakeClock();
    const seen: (string | undefined)[] = [];
    const ofCalls: (string | undefined)[] = [];
    const config = {
      ...gatewayOn(provider),
      clock,
      sinks: [{ record: () => void seen.push(context.getStore()) }],
      onUsage: () => void ofCalls.push(context.getStore()),
    };
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
    expect(seen).toEqual(['of the app', 'of the app']);
    expect(ofCalls).toEqual(['of the request', 'of the request', 'of the request']);
  });
});

describe('R20: the session of the host', () => {
  it('is read and never written', async () => {
    const store = new MemoryStore();
    const written: string[] = [];
    for (const method of ['set', 'touch', 'destroy'] as const) {
      const own = store[method].bind(store) as (...parameters: unknown[]) => void;
      (store as unknown as Record<string, unknown>)[method] = (...parameters: unknown[]) => {
        written.push(method);
        own(...parameters);
      };
    }
    const provider = await startProvider();
    const mounted = await mountExpress(
      express,
      {
        models: { chat: [WIRES.openai(provider, 'well')] },
        authenticate: ({ req }) => (req as typeof req & { session: { user?: string } }).session.user === 'ada' && ADA,
      },
      (app) => {
        app.use(session({ secret: 'of the house', store, resave: false, saveUninitialized: false }));
        app.post('/login', (req, res) => {
          Object.assign(req.session, { user: 'ada' });
          res.end();
        });
      },
    );
    onTestFinished(() => mounted.close());
    const login = await fetch(`http://127.0.0.1:${mounted.port}/login`, { method: 'POST' });
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    written.length = 0;

    for (const stream of MODES) {
      const answer = await mounted.post({ ...ASK, stream }, { headers: { cookie } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('set-cookie')).toBeNull();
      await answer.text();
    }
    await turnOfTheEventLoop();
    // express-session itself puts off the expiry of a session that was read; nothing else is written.
    expect(written.filter((method) => method !== 'touch')).toEqual([]);
  });
});

describe.each(EVERYWHERE.filter((mount) => !['in-process', 'HTTP/2', 'fetch'].includes(mount)))(
  'R-SEC-7, R21 on %s: a call that a cookie authorises',
  (mount) => {
    const KEY = 'vk-of-a-script-00000000000000000000';
    const FORM = 'content-type: text/plain\r\n';
    const JSON_TYPE = 'content-type: application/json\r\n';
    const COOKIE = 'cookie: sid=ada\r\n';

    it.each([
      ['a form of any site', `${FORM}${COOKIE}`, 415],
      [
        'another site, says the browser',
        `${JSON_TYPE}${COOKIE}sec-fetch-site: cross-site\r\norigin: https://evil.example\r\n`,
        403,
      ],
      [
        'a sister site, says the browser',
        `${JSON_TYPE}${COOKIE}sec-fetch-site: same-site\r\norigin: https://blog.app.example\r\n`,
        403,
      ],
      ['another origin', `${JSON_TYPE}${COOKIE}origin: https://evil.example\r\n`, 403],
      ['a page without an origin', `${JSON_TYPE}${COOKIE}origin: null\r\n`, 403],
      ['the own site', `${JSON_TYPE}${COOKIE}sec-fetch-site: same-origin\r\norigin: http://app.example\r\n`, 200],
      ['the own origin, of an older browser', `${JSON_TYPE}${COOKIE}origin: http://app.example\r\n`, 200],
      [
        'a site of the configuration',
        `${JSON_TYPE}${COOKIE}sec-fetch-site: cross-site\r\norigin: https://friend.example\r\n`,
        200,
      ],
      ['no page at all', `${JSON_TYPE}${COOKIE}`, 200],
      [
        'another site, but with a key',
        `${JSON_TYPE}authorization: Bearer ${KEY}\r\nsec-fetch-site: cross-site\r\norigin: https://evil.example\r\n`,
        200,
      ],
      ['a form, but with a key', `${FORM}authorization: Bearer ${KEY}\r\n`, 200],
    ])('and that comes from %s', async (_, headers, status) => {
      const { mounted, provider } = await open(mount, ['well'], {
        strangers: true,
        authenticate: ({ request }) => request.header('cookie') === 'sid=ada' && ADA,
        keys: [{ key: KEY, principal: { id: 'script' } }],
        csrf: { origins: ['https://friend.example'] },
      });
      const client = await openSocket(mounted.port as number);
      const body = JSON.stringify(ASK);
      client.write(
        `POST /llm/v1/chat/completions HTTP/1.1\r\nhost: app.example\r\nconnection: close\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
      );
      expect(await client.closed).toContain(`HTTP/1.1 ${status} `);
      expect(provider.log.requests).toHaveLength(status === 200 ? 1 : 0);
    });
  },
);

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
    expectRequestedModels(provider);
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

describe('R-HOST-1, R9: what parses bodies in front of the gateway', () => {
  it.each([
    ['nothing', []],
    ['express.json()', [express.json()]],
    ['express.urlencoded(), which leaves it unread', [express.urlencoded({ extended: true })]],
    ['express.raw()', [express.raw({ type: '*/*' })]],
    ['express.text()', [express.text({ type: '*/*' })]],
    ['all of them', [express.json(), express.urlencoded({ extended: true }), express.raw(), express.text()]],
  ])('%s makes no difference', async (_, parsers) => {
    const provider = await startProvider();
    const mounted = await startInExpress(gatewayOn(provider), (app) => {
      for (const parser of parsers) app.use(parser);
    });
    for (const stream of MODES) {
      const messages = [{ role: 'user', content: 'Grüße, 你好' }];
      expect(await askChat(mounted, { model: 'chat', stream, messages })).toMatchObject({ ended: 'answer' });
      expect(provider.log.requests.at(-1)?.body).toMatchObject({ messages });
    }
    expect((await mounted.post('{"model":')).status).toBe(400);
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

describe('R-SEC-6: headers', () => {
  it('pass by allow-list both ways, and the cookies of the host never leave', async () => {
    const { provider, models } = await startControlled();
    const mounted = await startInExpress({ ...QUICK, models });
    for (const stream of MODES) {
      const answer = mounted.post(
        { ...ASK, stream },
        {
          headers: {
            cookie: 'sid=ada',
            authorization: 'Basic YWRhOmE=',
            'x-forwarded-for': '10.0.0.1',
            'x-anything': 'a',
            'openai-organization': 'another',
            'accept-encoding': 'gzip',
            te: 'trailers',
          },
        },
      );
      const request = await provider.nextRequest();
      expect(Object.keys(request.headers).sort()).toEqual([
        'accept-encoding',
        'authorization',
        'connection',
        'content-length',
        'content-type',
        'host',
        'user-agent',
      ]);
      expect(request.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);

      const odd = {
        'set-cookie': 'vendor=1',
        server: 'vendor',
        'x-powered-by': 'vendor',
        'access-control-allow-origin': '*',
        'strict-transport-security': 'max-age=1',
        'openai-organization': 'org-of-the-house',
        'x-request-id': 'of-the-vendor',
      };
      if (stream) {
        request.head(200, { 'content-type': 'text/event-stream', ...odd });
        await request.token('Hello');
        request.finish();
      } else {
        request.head(200, { 'content-type': 'application/json', ...odd });
        request.whole({
          choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
        });
      }
      const seen = Object.fromEntries((await answer).headers);
      expect(Object.keys(seen).sort()).toEqual(
        (stream
          ? [
              'cache-control',
              'connection',
              'content-type',
              'date',
              'keep-alive',
              'transfer-encoding',
              'x-accel-buffering',
              'x-powered-by',
              'x-request-id',
            ]
          : ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'x-powered-by', 'x-request-id']
        ).sort(),
      );
      expect(seen).toMatchObject({ 'x-powered-by': 'Express', 'x-request-id': expect.stringMatching(/^req_/) });
      await (await answer).text();
    }
  });
});

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
] as const)('R-STR-7 on %s: compression() in front', (_, framework) => {
  async function behindCompression(config: Partial<MountConfig> = {}) {
    const { provider, models } = await startControlled();
    let drains = 0;
    const mounted = await mountExpress(framework, { ...QUICK, models, ...config }, (app) => {
      app.use(compression({ threshold: 0 }));
      app.use((_req, res, next) => {
        res.on('drain', () => void drains++);
        next();
      });
      app.get('/page', (_req, res) => void res.type('text').send('page '.repeat(1_000)));
    });
    onTestFinished(() => mounted.close());
    const client = await openSocket(mounted.port as number);
    onTestFinished(() => client.leave());
    client.write(chatRequest({ ...ASK, stream: true }, { headers: 'accept-encoding: gzip\r\nconnection: close\r\n' }));
    return { mounted, client, drains: () => drains, request: await provider.nextRequest() };
  }

  it('holds back neither the first token nor a keep-alive comment while the provider holds the second', async () => {
    const { client, request, mounted } = await behindCompression({ heartbeatMs: 20 });
    await request.token('one');
    expect(await client.waitFor('"content":"one"')).not.toMatch(/content-encoding/i);
    await client.waitFor(': keep-alive\n\n');
    await request.token('two');
    await client.waitFor('"content":"two"');
    request.finish();
    expect(await client.closed).toContain('data: [DONE]');
    // It does compress what is the host's own.
    const page = await fetch(`http://127.0.0.1:${mounted.port}/page`);
    expect(page.headers.get('content-encoding')).toBe('gzip');
  });

  it('warns of nothing in 10,000 chunks for a client that reads in turns (R7)', async () => {
    const { client, request, drains } = await behindCompression();
    const warnings: Error[] = [];
    const hear = (warning: Error) => void warnings.push(warning);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    const text = 'w'.repeat(2_000);
    for (let sent = 1; sent <= 10_000; sent += 1) {
      if (sent % 100 === 10) client.stopReading();
      if (sent % 100 === 0) client.readOn();
      // Sent whether or not there is room, as a provider that does not wait would.
      void request.token(text);
      if (sent % 10 === 0) await turnOfTheEventLoop();
    }
    client.readOn();
    request.finish();
    expect((await client.closed).match(/"content":"w{2000}"/g)).toHaveLength(10_000);
    // It would be no test if the client had kept up.
    expect(drains()).toBeGreaterThan(20);
    expect(warnings).toEqual([]);
  });
});

describe('R-HOST-3, R13: once headers are sent', () => {
  it.each(['fault-f33', 'fault-f35', 'fault-f34'])(
    'the host hears nothing of a failure: it is in the stream (%s)',
    async (model) => {
      const provider = await startProvider();
      const errors: unknown[] = [];
      const app = express();
      const mounted = await mountExpress((() => app) as unknown as typeof express, {
        ...QUICK,
        deadlines: { idleMs: 100 },
        models: { chat: [WIRES.openai(provider, model)] },
      });
      onTestFinished(() => mounted.close());
      app.use((error: unknown, _req: express.Request, _res: express.Response, next: express.NextFunction) => {
        errors.push(error);
        next(error);
      });
      expect(await askChat(mounted, { model: 'chat', stream: true })).toMatchObject({ ended: 'broken off' });
      expect(errors).toEqual([]);
    },
  );
});

describe('R31: 500 streams at once, all of them left', () => {
  it('give back every socket, timer and listener', async () => {
    const { mounted, provider, records } = await open('Express 5', ['fault-f34']);
    const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const port = mounted.port as number;
    await leaveMidway(port, ASK);
    await expectNoOpenRequests(provider);
    const before = { ...(await leftovers()), listeners: listeners() };

    const clients = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const client = await openSocket(port);
        client.write(chatRequest({ ...ASK, stream: true }));
        await client.waitFor('data: ');
        return client;
      }),
    );
    expect(mounted.gateway.openCalls).toBe(500);
    for (const client of clients) client.leave();
    await Promise.all(clients.map(({ closed }) => closed));
    await expectNoOpenRequests(provider, 1_000);
    const after = { ...(await leftovers()), listeners: listeners() };
    expect(mounted.gateway.openCalls).toBe(0);
    expect(provider.log.openSockets).toBe(0);
    expect(after.sockets).toBeLessThanOrEqual(before.sockets);
    expect(after.timers).toBeLessThanOrEqual(before.timers);
    expect(after.listeners).toBe(before.listeners);
    expect(records).toHaveLength(501);
  });
});

describe('R-SP-2, R32: whatever the end of a call, it leaves one record', () => {
  it.each([
    ['well', false, 'ok'],
    ['well', true, 'ok'],
    ['fault-f19', false, 'failed'],
    ['fault-f30', true, 'failed'],
    ['fault-f33', true, 'incomplete'],
    ['fault-f35', true, 'incomplete'],
    ['fault-f34', true, 'client_gone'],
    ['fault-f05', false, 'client_gone'],
    ['fault-f34', true, 'closing'],
    ['fault-f05', false, 'closing'],
    ['fault-f05', false, 'failed'],
    ['fault-f31-stall', true, 'failed'],
    ['fault-f34', true, 'incomplete'],
  ] as const)('%s, streamed %s: %s', async (model, stream, end) => {
    const sunk: UsageRecord[] = [];
    const { mounted, provider, records } = await open('Express 5', [model], {
      // Of those that say nothing more, some are waited for and some are left.
      ...(['failed', 'incomplete'].includes(end) && { deadlines: { headersMs: 50, idleMs: 50 } }),
      sinks: [
        {
          // A ledger takes its time, and closing waits for it.
          async record(batch) {
            await turnOfTheEventLoop();
            sunk.push(...batch);
          },
        },
      ],
    });
    const client = new AbortController();
    const answer = mounted.post({ ...ASK, stream }, { signal: client.signal });
    answer.catch(() => undefined);
    const request = await provider.log.waitForRequest();
    if (stream) await answer;
    if (end === 'client_gone') client.abort();
    else if (end !== 'closing') await (await answer).text();
    if (end !== 'closing') await provider.log.waitForEnd(request);
    await mounted.gateway.close({ graceMs: end === 'closing' ? 0 : 1_000 });
    expect(records).toHaveLength(1);
    expect(sunk).toEqual(records);
    expect(records[0]?.outcome).toBe(end === 'closing' ? (stream ? 'incomplete' : 'failed') : end);
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
      expectRequestedModels(provider);
    },
  );

  const LIMITS = { busy: { limits: { requestsPerMinute: 0 } }, broke: { budget: { usd: 0 } } };
});

describe('R-SP-2: a client that leaves while the gateway sleeps after a refusal', () => {
  it('owes nothing: nobody was working for it', async () => {
    const provider = await startProvider();
    const clock = fakeClock();
    const failed = promised();
    const ended = promised();
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      models: { chat: [WIRES.openai(provider, 'fault-f19')] },
      clock,
      observers: [
        {
          attemptEnded: () => failed.keep(),
          callEnded(record) {
            records.push(record);
            ended.keep();
          },
        },
      ],
    });
    const client = new AbortController();
    const answer = mounted.post(ASK, { signal: client.signal });
    answer.catch(() => undefined);
    await failed.kept;
    await turnOfTheEventLoop();
    client.abort();
    await ended.kept;
    expect(records).toMatchObject([
      { outcome: 'client_gone', costNanoUsd: 0, usage: { inputTokens: 0 }, attempts: [{ failure: 'upstream_error' }] },
    ]);
  });
});

describe('R-LOG-2: marked secrets', () => {
  const UPSTREAM = 'canary-upstream-4f1c9ab2d07e';
  const HEADER = 'canary-header-81d2e6c3b5fa';
  const KEY = 'canary-virtual-key-c0ffee112233445566';
  const WRONG_KEY = 'canary-wrong-key-00112233445566778899';
  const COOKIE = 'canary-cookie-9a8b7c6d5e4f';
  const BASIC = 'canary-basic-1234567890ab';
  const ALL = [UPSTREAM, HEADER, KEY, WRONG_KEY, COOKIE, BASIC];
  // An encoded secret is one as well.
  const marks = ALL.flatMap((text) => [text, Buffer.from(text).toString('base64').replace(/=*$/, '').slice(2, -2)]);

  it('are in no log, no record, no error, no answer, and upstream only where they belong', {
    timeout: 60_000,
  }, async () => {
    const logger = keepingLogger();
    const told: unknown[] = [];
    const answers: string[] = [];
    const provider = await startProvider({ stallMs: 1, slowMs: 1, trickleMs: 1, retryAfterSeconds: 0.001 });
    const names = FAULTS.flatMap(faultModels).filter((model) => !model.includes('ten-megabytes'));
    const models = Object.fromEntries(
      ['well', ...names].flatMap((model) =>
        (['openai', 'anthropic', 'azure'] as const).map((wire) => [
          `${wire}:${model}`,
          [{ ...WIRES[wire](provider, model), apiKey: UPSTREAM, headers: { 'x-of-the-house': HEADER } }],
        ]),
      ),
    );
    const mounted = await mountExpress(express, {
      models,
      retries: { maxRetries: 1, baseDelayMs: 1, maxDelayMs: 1 },
      deadlines: { headersMs: 50, idleMs: 50, answerMs: 50 },
      debugHeaders: true,
      logger,
      keys: [{ key: KEY, principal: ADA }],
      authenticate: ({ request }) => request.header('cookie') === `sid=${COOKIE}` && { id: 'by-cookie' },
      authorize({ request }) {
        told.push(inspect({ principal: request.principal, body: request.body }, { depth: null }));
        // A house that logs what it should not, by mistake: what it is handed must not print it.
        if (request.model === 'openai:well' && request.stream) throw new Error('refused');
      },
      interceptors: [
        (send) => async (request) => {
          told.push(inspect(request, { depth: null }), JSON.stringify({ ...request, cancellation: undefined }));
          return send(request);
        },
      ],
      observers: [
        {
          callStarted: (call) => void told.push(call),
          attemptEnded: (call, attempt) => void told.push(call, { ...attempt }),
          callEnded: (record) => void told.push(record),
        },
      ],
      sinks: [{ record: (batch) => void told.push(...batch) }],
    });
    const credentials = [
      { authorization: `Bearer ${KEY}` },
      { 'x-api-key': KEY },
      { cookie: `sid=${COOKIE}`, authorization: `Basic ${BASIC}` },
    ];
    let turn = 0;
    for (const model of Object.keys(models)) {
      const stream = turn % 2 === 0;
      const headers = { ...credentials[turn % 3], 'x-custom': BASIC };
      turn += 1;
      const answer = await mounted.post({ model, messages: QUESTION, stream }, { headers });
      answers.push(inspect(Object.fromEntries(answer.headers)), await answer.text());
    }
    for (const headers of [{ authorization: `Bearer ${WRONG_KEY}` }, { cookie: `sid=${COOKIE}x` }]) {
      const answer = await mounted.post({ model: 'openai:well', messages: QUESTION }, { headers });
      expect(answer.status).toBe(401);
      answers.push(inspect(Object.fromEntries(answer.headers)), await answer.text());
    }
    const received = provider.log.requests.map(({ headers, path, query, bodyText }) => {
      const { authorization, 'x-api-key': anthropicKey, 'api-key': azureKey, 'x-of-the-house': own, ...rest } = headers;
      expect([authorization, anthropicKey, azureKey].filter(Boolean)).toEqual([
        authorization ? `Bearer ${UPSTREAM}` : UPSTREAM,
      ]);
      expect(own).toBe(HEADER);
      return inspect([rest, path, query, bodyText], { depth: null });
    });
    await mounted.close();

    expect(provider.log.requests.length).toBeGreaterThan(250);
    const everything = [
      ['log', logger.lines.map((line) => [inspect(line, { depth: null, showHidden: true }), JSON.stringify(line)])],
      [
        'records and snapshots',
        told.map((one) => (typeof one === 'string' ? one : [inspect(one, { depth: null }), JSON.stringify(one)])),
      ],
      ['answers', answers],
      ['upstream', received],
      ['gateway', inspect(mounted.gateway, { depth: null, showHidden: true })],
    ] as const;
    for (const [where, texts] of everything) {
      const text = JSON.stringify(texts);
      for (const mark of marks) expect(text.includes(mark) ? `${mark} is in: ${where}` : 'nowhere').toBe('nowhere');
    }
    expect(logger.lines.length).toBeGreaterThan(0);
  });

  it('are in no error of an in-process caller', async () => {
    const provider = await startProvider();
    const mounted = await MOUNTS['in-process']({
      ...QUICK,
      models: { chat: [{ ...WIRES.openai(provider, 'fault-f10'), apiKey: UPSTREAM }] },
    });
    onTestFinished(() => mounted.close());
    const error: unknown = await mounted.gateway
      .chat({ model: 'chat', messages: QUESTION }, { as: ADA })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GatewayError);
    for (const mark of marks) expect(inspect(error, { depth: null, showHidden: true })).not.toContain(mark);
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
      const error = { message: `I was sent ${all}`, type: 'invalid_request_error', param: all, code: 'odd' };
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
      cooldowns: { cooldownMs: 1, quotaCooldownMs: 1 },
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
        const error = await mounted.gateway.chat({ ...ASK, seed }, { as: ADA }).catch((thrown: unknown) => thrown);
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

/** A gateway with one group, `chat`, of these models. Everybody is Ada, unless there are `strangers`. */
async function open(
  mount: MountName,
  models: readonly string[],
  { strangers, observers = [], ...config }: Partial<MountConfig> & { readonly strangers?: true } = {},
  options: FakeProviderOptions = {},
) {
  const provider = await startProvider(options);
  const records: UsageRecord[] = [];
  const { anonymous, ...quick } = QUICK;
  const mounted = await MOUNTS[mount]({
    ...quick,
    ...(!strangers && { anonymous }),
    models: { chat: models.map((model, at) => ({ ...WIRES.openai(provider, model), weight: at === 0 ? 1e12 : 1 })) },
    observers: [{ callEnded: (record) => void records.push(record) }, ...observers],
    ...config,
  });
  onTestFinished(() => mounted.close());
  return { mounted, provider, records };
}

async function openWithClock(
  models: readonly string[],
  config: Partial<MountConfig> = {},
  options: FakeProviderOptions = {},
) {
  // In the middle of a minute, so that a test that takes a moment stays in it.
  const clock = fakeClock(Date.UTC(2026, 5, 1, 12, 30, 20));
  return { clock, ...(await open('in-process', models, { clock, ...config }, options)) };
}

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
