import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { inspect } from 'node:util';
import { GatewayError, type Logger, type UsageRecord } from '@portico/core';
import {
  expectAsked,
  expectNoOpenRequests,
  FAULTS,
  type FakeProviderOptions,
  fakeClock,
  faultModels,
  startFakeProvider,
} from '@portico/testing';
import compression from 'compression';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import express4 from 'express4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat, QUESTION } from '../support/ask-chat.js';
import { ADA, QUICK, UPSTREAM_KEY, WIRES } from '../support/gateway-on.js';
import { leftovers } from '../support/leftovers.js';
import { MOUNTS, type MountConfig, type MountName, mountExpress } from '../support/mounts.js';
import { chatRequest, leaveMidway, openSocket } from '../support/open-socket.js';
import { promised } from '../support/promised.js';
import { startSteeredProvider } from '../support/steered-provider.js';
import { watchProcess } from '../support/watch-process.js';

watchProcess();

const EVERYWHERE = Object.keys(MOUNTS) as MountName[];
const ASK = { model: 'chat', messages: QUESTION };
const MODES = [false, true];

interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps what it is told. */
function keptLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields: fields as Record<string, unknown>, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

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
        const logger = keptLog();
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
        expectAsked(provider);
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
    expectAsked(provider);
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
    const logger = keptLog();
    const { mounted } = await open(mount, ['well'], {
      logger,
      observers: [{ name: 'clumsy', callStarted: fails, attemptEnded: fails, callEnded: fails }],
    });
    for (const stream of [...MODES, ...MODES])
      expect(await askChat(mounted, { model: 'chat', stream })).toMatchObject({ ended: 'answer' });
    expect(logger.lines).toHaveLength(way === 'never end' ? 0 : 1);
    if (way !== 'never end') expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { observer: 'clumsy' } });
  });

  it('that wrap the upstream call and throw fail that attempt: the spare answers', async () => {
    const { mounted, provider } = await open(mount, ['first', 'spare'], {
      interceptors: [
        (send) => (request) => {
          if (request.attempt.number === 1) throw new Error('no');
          return send(request);
        },
      ],
    });
    expect(await askChat(mounted, { model: 'chat', stream: true })).toMatchObject({ ended: 'answer' });
    expect(provider.log.requests).toHaveLength(1);
  });
});

describe('h01: a sink of the house', () => {
  it('that fails is offered the same records again until it takes them', async () => {
    const clock = fakeClock(Date.now());
    const offers: string[][] = [];
    const { mounted } = await open('in-process', ['well'], {
      clock,
      sinks: [
        {
          record(batch) {
            offers.push(batch.map(({ id }) => id));
            if (offers.length === 1) throw new Error('no');
            return offers.length === 2 ? Promise.reject(new Error('no')) : undefined;
          },
        },
      ],
    });
    await mounted.post(ASK);
    for (let seconds = 0; seconds < 5; seconds += 1) await clock.advance(1_000);
    expect(offers).toHaveLength(3);
    expect(new Set(offers.flat()).size).toBe(1);
  });

  it('that never answers has its records spilled when the gateway closes, and is named where it cannot', async () => {
    const spilled: string[] = [];
    const logger = keptLog();
    const { mounted, records } = await open('in-process', ['well'], {
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
    await mounted.gateway.close();
    expect(spilled).toEqual(records.map(({ id }) => id));
    expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { sink: 'without', ids: spilled } },
    ]);
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
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
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
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
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

describe.each(EVERYWHERE.filter((mount) => mount !== 'in-process'))(
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
  ] as const)('%s, streamed %s: %s', async (model, stream, end) => {
    const sunk: UsageRecord[] = [];
    const { mounted, provider, records } = await open('Express 5', [model], {
      sinks: [{ record: (batch) => void sunk.push(...batch) }],
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
    const logger = keptLog();
    const told: unknown[] = [];
    const answers: string[] = [];
    const provider = await startFakeProvider({ stallMs: 1, slowMs: 1, trickleMs: 1, retryAfterSeconds: 0.001 });
    onTestFinished(() => provider.close());
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
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
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

describe('R-SEC-6: headers', () => {
  it('pass by allow-list both ways, and the cookies of the host never leave', async () => {
    const provider = await startSteeredProvider();
    onTestFinished(() => provider.close());
    const mounted = await mountExpress(express, {
      ...QUICK,
      models: { chat: [{ model: 'openai/steered', baseUrl: provider.url, apiKey: UPSTREAM_KEY }] },
    });
    onTestFinished(() => mounted.close());
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
    const provider = await startSteeredProvider();
    onTestFinished(() => provider.close());
    let drains = 0;
    const mounted = await mountExpress(
      framework,
      {
        ...QUICK,
        models: { chat: [{ model: 'openai/steered', baseUrl: provider.url, apiKey: UPSTREAM_KEY }] },
        ...config,
      },
      (app) => {
        app.use(compression({ threshold: 0 }));
        app.use((_req, res, next) => {
          res.on('drain', () => void drains++);
          next();
        });
        app.get('/page', (_req, res) => void res.type('text').send('page '.repeat(1_000)));
      },
    );
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
      const provider = await startFakeProvider();
      onTestFinished(() => provider.close());
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

/** A gateway with one group, `chat`, of these models. Everybody is Ada, unless there are `strangers`. */
async function open(
  mount: MountName,
  models: readonly string[],
  { strangers, observers = [], ...config }: Partial<MountConfig> & { readonly strangers?: true } = {},
  options: FakeProviderOptions = {},
) {
  const provider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
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
