import type { IncomingMessage } from 'node:http';
import {
  type CallSnapshot,
  definePlugin,
  GatewayError,
  type Interceptor,
  type Observer,
  type Plugin,
  type UsageRecord,
} from '@portico/core';
import type { UpstreamReply } from '@portico/core/provider';
import { expectRequestedModels, fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { askChat, QUESTION } from '../support/ask-chat.js';
import { ADA, gatewayOn, QUICK, UPSTREAM_KEY, WIRES } from '../support/gateway-on.js';
import { groupsOn, keepingLogger, startInExpress, startInProcess, startProvider } from '../support/host-start.js';
import { promised } from '../support/promised.js';

/** What hooks of these tests get of the host. */
interface Host {
  readonly req: IncomingMessage;
}

const ASKED = { model: 'chat', messages: QUESTION } as const;

describe('authenticate', () => {
  it("is asked in order, the own one first, then the plugins', until one knows the caller", async () => {
    const asked: string[] = [];
    const provider = await startProvider();
    const knows = (name: string, id?: string) => () => {
      asked.push(name);
      return id === undefined ? undefined : { id };
    };
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      models: groupsOn(provider, 'chat'),
      plugins: [
        { name: 'first', policies: { authenticate: knows('first') } },
        { name: 'second', policies: { authenticate: knows('second', 'bob') } },
        { name: 'third', policies: { authenticate: knows('third', 'eve') } },
      ],
      authenticate: knows('own'),
      onUsage: (record) => void records.push(record),
    });

    expect((await mounted.post(ASKED)).status).toBe(200);
    expect(asked).toEqual(['own', 'first', 'second']);
    expect(records).toMatchObject([{ principal: { id: 'bob' }, via: 'session' }]);
  });

  it("sees the host's own request and what every policy sees", async () => {
    const provider = await startProvider();
    const seen: object[] = [];
    const mounted = await startInExpress(
      {
        models: groupsOn(provider, 'chat'),
        // `user` is what the app's own login has put there; types of the real thing are tested with the mount.
        authenticate: ({ req, request }) => {
          const { user } = req as IncomingMessage & { readonly user: { readonly id: string } };
          const { method, path, ip, signal } = request;
          seen.push({ method, path, ip, aborted: signal.aborted, own: request.header('X-Own') });
          return user;
        },
      },
      (app) => {
        app.use((req, _res, next) => {
          Object.assign(req, { user: ADA });
          next();
        });
      },
    );

    await mounted.post(ASKED, { headers: { 'x-own': 'header' } });
    expect(seen).toEqual([
      { method: 'POST', path: '/v1/chat/completions', ip: '127.0.0.1', aborted: false, own: 'header' },
    ]);
  });

  it('is asked once per call, however many attempts it has, and every later hook sees what it said (R-EMB-2)', async () => {
    const provider = await startProvider();
    let asked = 0;
    const user = { id: 'ada', team: 'analysts', metadata: { plan: 'pro' }, passwordHash: 'not for records' };
    const seen: unknown[] = [];
    const mounted = await startInExpress({
      ...QUICK,
      models: {
        chat: { deployments: [WIRES.openai(provider, 'fault-f19')], fallbacks: ['spare'] },
        ...groupsOn(provider, 'spare'),
      },
      authenticate() {
        asked += 1;
        return user;
      },
      authorize({ request }) {
        seen.push(request.principal);
        // What the host does to its own object afterwards is not this call's business.
        user.team = 'elsewhere';
      },
      observers: [
        {
          callStarted: (call) => void seen.push(call.principal),
          attemptEnded: (call) => void seen.push(call.principal),
          callEnded: (record) => void seen.push(record.principal),
        },
      ],
      onUsage: (record) => void seen.push(record.principal),
    });

    expect((await mounted.post(ASKED)).status).toBe(200);
    expect(asked).toBe(1);
    // One policy, one beginning, four attempts, one end, one record.
    expect(seen).toHaveLength(8);
    for (const principal of seen) {
      expect(principal).toEqual({ id: 'ada', team: 'analysts', metadata: { plan: 'pro' } });
      expect(Object.isFrozen(principal)).toBe(true);
    }
  });
});

describe('authorize', () => {
  it("of the host is asked before the plugins', and the first refusal counts", async () => {
    const asked: string[] = [];
    const provider = await startProvider();
    const says = (name: string, refusal?: GatewayError) => () => {
      asked.push(name);
      return refusal;
    };
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      plugins: [
        { name: 'first', policies: { authorize: says('first', new GatewayError('forbidden', 'Not on Sundays.')) } },
        { name: 'second', policies: { authorize: says('second') } },
      ],
      authorize: says('own'),
      onUsage: (record) => void records.push(record),
    });

    const response = await mounted.post(ASKED);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: { message: 'Not on Sundays.', type: 'permission_error', kind: 'forbidden' },
    });
    expect(asked).toEqual(['own', 'first']);
    expectRequestedModels(provider);
    expect(records).toEqual([]);
  });

  it('sees who asks for what', async () => {
    const provider = await startProvider();
    const seen: object[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      authorize({ req, request }) {
        const { principal, via, operation, model, stream, body, method, path } = request;
        seen.push({ url: req.url, principal, via, operation, model, stream, body, method, path });
      },
    });
    await mounted.post({ ...ASKED, stream: true, seed: 7 });
    expect(seen).toEqual([
      {
        url: '/v1/chat/completions',
        principal: ADA,
        via: 'anonymous',
        operation: 'chat.completions',
        model: 'chat',
        stream: true,
        body: { ...ASKED, stream: true, seed: 7 },
        method: 'POST',
        path: '/v1/chat/completions',
      },
    ]);
  });

  it.each([
    {
      thrown: 'a GatewayError',
      error: new GatewayError('over_budget', 'Your plan has run out.', { retryAfterMs: 60_000 }),
      status: 429,
      message: 'Your plan has run out.',
    },
    {
      thrown: "another framework's HTTP error",
      error: Object.assign(new Error('Payment is due.'), { status: 402 }),
      status: 402,
      message: 'Payment is due.',
    },
    {
      thrown: 'anything else, of which the client learns nothing',
      error: new Error('connect ECONNREFUSED postgres://app:hunter2@db'),
      status: 500,
      message: 'A hook of this application failed while it decided on the request.',
    },
  ])('refuses by throwing $thrown', async ({ error, status, message }) => {
    const provider = await startProvider();
    const logger = keepingLogger();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      logger,
      authorize() {
        throw error;
      },
    });
    const response = await mounted.post(ASKED);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message } });
    expectRequestedModels(provider);
    // A bug of the hook is an error, once, with its cause; a refusal is a line that names the caller, but for bad requests.
    const refused = { level: 'warn', message: 'A request was refused.', fields: { principal: 'ada', status } };
    const lines = { 402: [], 429: [refused], 500: [{ level: 'error', fields: { err: error } }] };
    expect(logger.lines).toMatchObject(lines[status as keyof typeof lines]);
  });
});

describe('interceptors', () => {
  it("wrap the upstream call outermost first, the own ones around the plugins'", async () => {
    const provider = await startProvider();
    const steps: string[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      plugins: [{ name: 'inner', interceptors: [telling('third', steps)] }],
      interceptors: [telling('first', steps), telling('second', steps)],
    });
    await mounted.post(ASKED);
    expect(steps).toEqual(['first in', 'second in', 'third in', 'third out', 'second out', 'first out']);
  });

  it('may change the request and the reply, and know which attempt of which call they are in', async () => {
    const provider = await startProvider();
    const attempts: object[] = [];
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      interceptors: [
        (next) => async (request) => {
          attempts.push(request.attempt);
          const reply = await next({ ...request, headers: { ...request.headers, 'x-trace': 'abc' } });
          return {
            ...reply,
            headers: { get: (name) => (name === 'x-request-id' ? 'renamed' : reply.headers.get(name)) },
          };
        },
      ],
      onUsage: (record) => void records.push(record),
    });
    await mounted.post(ASKED);
    expect(provider.log.requests).toMatchObject([
      { headers: { 'x-trace': 'abc', authorization: `Bearer ${UPSTREAM_KEY}` } },
    ]);
    expect(records[0]?.attempts).toMatchObject([{ upstreamRequestId: 'renamed' }]);
    expect(attempts).toEqual([
      { callId: records[0]?.id, deployment: 'chat:openai/well', provider: 'openai', number: 1 },
    ]);
  });

  it('may answer themselves: the upstream is not asked', async () => {
    const provider = await startProvider();
    const mounted = await startInExpress({ ...gatewayOn(provider), interceptors: [() => async () => cachedReply()] });
    expect(await askChat(mounted, { model: 'chat', stream: false })).toMatchObject({ content: 'from the cache' });
    expectRequestedModels(provider);
  });

  it.each([
    {
      how: 'throws',
      broken: () => {
        throw new Error('out of order');
      },
    },
    { how: 'rejects', broken: () => Promise.reject(new Error('out of order')) },
  ])('that $how has failed an attempt: the spare answers, the client sees nothing of it', async ({ broken }) => {
    const provider = await startProvider();
    const records: UsageRecord[] = [];
    const mounted = await startInExpress({
      anonymous: ADA,
      models: {
        chat: { deployments: [WIRES.openai(provider, 'first')], fallbacks: ['spare'] },
        ...groupsOn(provider, 'spare'),
      },
      retries: { maxRetries: 0 },
      interceptors: [(next) => (request) => (request.attempt.deployment.startsWith('chat') ? broken() : next(request))],
      onUsage: (record) => void records.push(record),
    });
    for (const stream of [false, true]) {
      expect(await askChat(mounted, { model: 'chat', stream })).toMatchObject({ ended: 'answer', status: 200 });
    }
    expectRequestedModels(provider, 'spare', 'spare');
    for (const { attempts, outcome } of records) {
      expect(outcome).toBe('ok');
      expect(attempts).toMatchObject([{ failure: 'upstream_error' }, { failure: undefined }]);
    }
  });
});

describe('observers', () => {
  it('are told of the beginning, of every attempt and of the end; refused calls are nobody’s', async () => {
    const provider = await startProvider();
    const told: string[] = [];
    const mounted = await startInExpress({
      ...QUICK,
      models: {
        chat: { deployments: [WIRES.openai(provider, 'fault-f07')] },
        broken: { deployments: [WIRES.openai(provider, 'fault-f10')], fallbacks: ['spare'] },
        ...groupsOn(provider, 'spare', 'fault-f32'),
      },
      authorize: ({ request }) => (request.body.seed === 13 ? new GatewayError('forbidden', 'Bad luck.') : undefined),
      observers: [noting(told)],
    });
    const heard = async (body: object) => {
      const response = await mounted.post({ ...ASKED, ...body });
      await response.text();
      return told.splice(0);
    };

    expect(await heard({ model: 'spare' })).toEqual(['started', 'attempt 200 ok', 'ended ok']);
    expect(await heard({ model: 'spare', stream: true })).toEqual(['started', 'attempt 200 ok', 'ended ok']);
    expect(await heard({})).toEqual(['started', 'attempt 400 invalid_input', 'ended failed']);
    expect(await heard({ model: 'broken' })).toEqual([
      'started',
      'attempt 401 unauthorized_upstream',
      'attempt 200 ok',
      'ended ok',
    ]);
    expect(await heard({ model: 'fault-f32', stream: true })).toEqual([
      'started',
      'attempt 200 network',
      'ended incomplete',
    ]);
    expect(await heard({ seed: 13 })).toEqual([]);
    expect(await heard({ model: 'nobody knows it' })).toEqual([]);
  });

  it('get snapshots with no body and no credential in them', async () => {
    const provider = await startProvider();
    const seen: unknown[] = [];
    const sink: UsageRecord[] = [];
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      observers: [
        {
          callStarted: (call) => void seen.push(call),
          attemptEnded: (call, attempt) => void seen.push(call, attempt),
          callEnded: (record) => void seen.push(record),
        },
      ],
      onUsage: (record) => void sink.push(record),
    });
    await mounted.post({ ...ASKED, messages: [{ role: 'user', content: 'my secret question' }] });

    const [started, sameCall, attempt, record] = seen as [CallSnapshot, CallSnapshot, object, UsageRecord];
    expect(started).toEqual({
      id: expect.stringMatching(/^req_/),
      operation: 'chat.completions',
      principal: ADA,
      via: 'anonymous',
      model: 'chat',
      stream: false,
      startedAt: expect.any(Number),
    });
    expect(sameCall).toBe(started);
    expect(Object.keys(attempt).sort()).toEqual([
      'deployment',
      'endedAt',
      'failure',
      'firstContentAt',
      'group',
      'model',
      'provider',
      'startedAt',
      'status',
      'upstreamRequestId',
    ]);
    expect(sink).toEqual([record]);
    expect(record.id).toBe(started.id);
    expect(JSON.stringify(seen)).not.toMatch(new RegExp(`secret question|${UPSTREAM_KEY}`));
  });
});

describe('sinks', () => {
  it('are offered the records that they refused again, in smaller batches: at least once', async () => {
    const { ask, batches, clock } = await startWithSink([new Error('the database is away'), new Error('still away')]);
    await ask();
    await ask();
    expect(batches).toHaveLength(1);
    await clock.advance(250);
    expect(batches).toHaveLength(2);
    await clock.advance(249);
    expect(batches).toHaveLength(2);
    await clock.advance(1);
    expect(batches).toHaveLength(3);
    const [first, second, third] = batches;
    expect(first).toHaveLength(1);
    // What came meanwhile joins the batch.
    expect(second).toHaveLength(2);
    expect(second?.[0]).toBe(first?.[0]);
    // A batch that is refused is halved, so that one record that cannot be written does not hold up the others.
    expect(third).toEqual([first?.[0]]);
    await clock.advance(60_000);
    expect(batches.slice(3)).toEqual([[second?.[1]]]);
  });

  it('get the first record at once and what comes within the next second together', async () => {
    const { ask, batches, clock } = await startWithSink([]);
    await ask();
    expect(batches.map((batch) => batch.length)).toEqual([1]);
    await Promise.all([ask(), ask(), ask()]);
    expect(batches.map((batch) => batch.length)).toEqual([1]);
    await clock.advance(1_000);
    expect(batches.map((batch) => batch.length)).toEqual([1, 3]);
    expect(new Set(batches.flat()).size).toBe(4);
  });

  it('do not wait for each other: one that hangs delays no other, and its records are spilled in the end', async () => {
    const provider = await startProvider();
    const clock = fakeClock();
    const told: string[] = [];
    const mounted = await startInProcess({
      ...gatewayOn(provider),
      clock,
      sinks: [
        {
          name: 'hanging',
          record: () => new Promise<void>(() => {}),
          spill: (batch) => void told.push(`spilled ${batch.length}`),
        },
        { name: 'healthy', record: (batch) => void told.push(`taken ${batch.length}`) },
      ],
      plugins: [{ name: 'billing', sinks: [{ record: (batch) => void told.push(`plugin ${batch.length}`) }] }],
      onUsage: () => void told.push('onUsage'),
    });
    await mounted.post(ASKED);
    expect(told.splice(0).sort()).toEqual(['onUsage', 'plugin 1', 'taken 1']);
    const closing = mounted.gateway.close();
    await clock.advance(5_000);
    await closing;
    expect(told).toEqual(['spilled 1']);
  });

  it('as "onUsage" get one record at a time, in order, each awaited', async () => {
    const provider = await startProvider();
    const clock = fakeClock();
    const steps: string[] = [];
    const ids: string[] = [];
    const mounted = await startInProcess({
      ...gatewayOn(provider),
      clock,
      async onUsage(record) {
        steps.push(`in ${record.id}`);
        await Promise.resolve();
        steps.push(`out ${record.id}`);
      },
      observers: [{ callEnded: ({ id }) => void ids.push(id) }],
    });
    for (let call = 0; call < 3; call += 1) await mounted.post(ASKED);
    await clock.advance(1_000);
    expect(steps).toEqual(ids.flatMap((id) => [`in ${id}`, `out ${id}`]));
  });

  async function startWithSink(refusals: Error[]) {
    const provider = await startProvider();
    const clock = fakeClock();
    const batches: string[][] = [];
    const mounted = await startInProcess({
      ...gatewayOn(provider),
      clock,
      sinks: [
        {
          async record(batch) {
            batches.push(batch.map(({ id }) => id));
            const refusal = refusals.shift();
            if (refusal !== undefined) throw refusal;
          },
        },
      ],
    });
    return { clock, batches, ask: () => mounted.post(ASKED) };
  }
});

describe('plugins', () => {
  it('are bundles of the same four kinds as the single options', async () => {
    const provider = await startProvider();
    const told: string[] = [];
    const guests = (told: string[]): Omit<Plugin<Host>, 'name'> => ({
      policies: {
        authenticate: () => {
          told.push('authenticate');
          return ADA;
        },
        authorize: () => void told.push('authorize'),
      },
      interceptors: [telling('send', told)],
      observers: [noting(told)],
      sinks: [{ record: () => void told.push('record') }],
    });
    const bundled = await startInExpress({
      models: groupsOn(provider, 'chat'),
      plugins: [definePlugin<Host>({ name: 'bundle', ...guests(told) })],
    });
    expect((await bundled.post(ASKED)).status).toBe(200);
    const fromBundle = told.splice(0);

    const { policies, ...single } = guests(told);
    const plain = await startInExpress({ models: groupsOn(provider, 'chat'), ...policies, ...single });
    expect((await plain.post(ASKED)).status).toBe(200);
    expect(fromBundle).toEqual(told);
    expect(told).toEqual([
      'authenticate',
      'authorize',
      'started',
      'send in',
      'send out',
      'attempt 200 ok',
      'ended ok',
      'record',
    ]);
  });

  it('start once, before the first call, which waits for them', async () => {
    const provider = await startProvider();
    const ready = promised();
    let starts = 0;
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      plugins: [
        {
          name: 'warming up',
          async start() {
            starts += 1;
            await ready.kept;
          },
        },
      ],
    });
    expect(starts).toBe(0);
    const calls = [mounted.post(ASKED), mounted.post(ASKED)];
    await new Promise(setImmediate);
    expectRequestedModels(provider);
    ready.keep();
    for (const response of await Promise.all(calls)) expect(response.status).toBe(200);
    expect(starts).toBe(1);
  });

  it('that cannot start fail the calls until they can; those that have started are left alone', async () => {
    const provider = await startProvider();
    const logger = keepingLogger();
    const starts = { healthy: 0, failing: 0 };
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      logger,
      plugins: [
        {
          name: 'healthy',
          start: () => {
            starts.healthy += 1;
          },
        },
        {
          name: 'failing',
          start: () => {
            starts.failing += 1;
            if (starts.failing <= 2) throw new Error('no connection to redis://:hunter2@cache');
          },
        },
      ],
    });
    for (let call = 1; call <= 2; call += 1) {
      const response = await mounted.post(ASKED);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('hunter2');
      expectRequestedModels(provider);
      expect(logger.lines).toHaveLength(call);
    }
    expect((await mounted.post(ASKED)).status).toBe(200);
    expect((await mounted.post(ASKED)).status).toBe(200);
    expect(starts).toEqual({ healthy: 1, failing: 3 });
  });

  it('close when the gateway does, after the last record, one after the other; one that fails stops no other', async () => {
    const provider = await startProvider({ tokenDelayMs: 5 });
    const told: string[] = [];
    const logger = keepingLogger();
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      logger,
      sinks: [
        {
          async record(batch) {
            await new Promise(setImmediate);
            told.push(`recorded ${batch.length}`);
          },
        },
      ],
      plugins: [
        { name: 'failing', close: () => Promise.reject(new Error('will not')) },
        { name: 'healthy', close: () => void told.push('closed') },
      ],
    });
    const answer = await mounted.post({ ...ASKED, stream: true });
    const closing = mounted.gateway.close();
    expect(await answer.text()).toContain('[DONE]');
    await closing;
    expect(told).toEqual(['recorded 1', 'closed']);
    expect(logger.lines).toMatchObject([
      { fields: { resource: expect.stringContaining('failing') as string, err: { message: 'will not' } } },
    ]);
  });
});

function telling(name: string, steps: string[]): Interceptor {
  return (next) => async (request) => {
    steps.push(`${name} in`);
    const reply = await next(request);
    steps.push(`${name} out`);
    return reply;
  };
}

function noting(told: string[]): Observer {
  return {
    callStarted: () => void told.push('started'),
    attemptEnded: (_call, { status, failure }) => void told.push(`attempt ${status} ${failure ?? 'ok'}`),
    callEnded: ({ outcome }) => void told.push(`ended ${outcome}`),
  };
}

/** An answer that came from nowhere. */
function cachedReply(): UpstreamReply {
  const message = { role: 'assistant', content: 'from the cache' };
  const answer = { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
  return {
    status: 200,
    headers: { get: (name) => (name === 'content-type' ? 'application/json' : undefined) },
    body: {
      start(sink) {
        sink.bytes(new TextEncoder().encode(JSON.stringify(answer)));
        sink.end();
      },
      pause() {},
      resume() {},
      cancel() {},
    },
  };
}
