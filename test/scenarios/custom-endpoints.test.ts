import { defineEndpoint, GatewayError, type Principal, type UsageRecord } from '@portico/core';
import { createGateway } from '@portico/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MOUNTS, type MountConfig, type MountName } from '../support/mounts.js';

const whoami = defineEndpoint({
  name: 'whoami',
  method: 'GET',
  path: '/whoami',
  answer: ({ request: { principal, via } }) => ({ id: principal.id, via }),
});
const note = defineEndpoint({
  name: 'notes',
  method: 'POST',
  path: '/notes/{id}',
  async answer({ request }) {
    if (request.params.id === 'refused') throw new GatewayError('forbidden', 'This note is closed.');
    if (request.params.id === 'broken') throw new Error('a secret of this application');
    return { id: request.params.id, full: request.query.get('full'), text: (await request.json()).text };
  },
});
const ticks = defineEndpoint({
  name: 'ticks',
  method: 'GET',
  path: '/ticks',
  answer() {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new TextEncoder().encode(`data: ${sent}\n\n`));
        if (sent === 3) controller.close();
      },
    });
    return new Response(body, { status: 202, headers: { 'content-type': 'text/event-stream', 'x-own': 'yes' } });
  },
});

describe.each(Object.keys(MOUNTS) as MountName[])('endpoints of the host, through %s', (mount) => {
  it('know their caller, and are on the ledger', async () => {
    const { get, records } = await start(mount);
    const answer = await get('/whoami');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-request-id')).toBe(records[0]?.id);
    expect(await answer.json()).toMatchObject({ id: 'anonymous' });
    expect(records).toMatchObject([
      { operation: 'whoami', outcome: 'ok', principal: { id: 'anonymous' }, requestedModel: '', costNanoUsd: 0 },
    ]);
  });

  it('read the parts of their path, the query and the body', async () => {
    const { post } = await start(mount);
    const answer = await post('/notes/a%20b?full=1', { text: 'Hello' });
    expect(await answer.json()).toEqual({ id: 'a b', full: '1', text: 'Hello' });
    const broken = await post('/notes/1', [1]);
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error: { message: expect.stringContaining('must be a JSON object') } });
  });

  it('refuse with an error of the gateway, and show nothing of any other', async () => {
    const { post, records } = await start(mount);
    const refused = await post('/notes/refused', {});
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { message: 'This note is closed.' } });
    const failed = await post('/notes/broken', {});
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('secret');
    expect(records.map(({ outcome, failure }) => [outcome, failure])).toEqual([
      ['failed', 'forbidden'],
      ['failed', 'internal'],
    ]);
  });

  it('stream, with their own status and headers', async () => {
    const { get, records, gateway } = await start(mount);
    const answer = await get('/ticks');
    expect([answer.status, answer.headers.get('x-own')]).toEqual([202, 'yes']);
    expect(await answer.text()).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect(records).toMatchObject([{ operation: 'ticks', outcome: 'ok' }]);
    expect(gateway.openCalls).toBe(0);
  });

  it('say which method they take', async () => {
    const { post } = await start(mount);
    const answer = await post('/whoami', {});
    expect(answer.status).toBe(405);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('use GET') } });
  });

  async function start(place: MountName) {
    const records: UsageRecord[] = [];
    const mounted = await MOUNTS[place]({
      models: { chat: [{ model: 'openai/gpt-4o-mini', apiKey: 'unused' }] },
      anonymous: { id: 'anonymous' },
      endpoints: [whoami, note] as MountConfig['endpoints'] & object,
      plugins: [{ name: 'clock', endpoints: [ticks] as MountConfig['endpoints'] & object }],
      observers: [{ callEnded: (record) => void records.push(record) }],
      logger: false,
    });
    onTestFinished(() => mounted.close());
    return {
      records,
      gateway: mounted.gateway,
      get: (path: string) => mounted.fetch(mounted.baseUrl + path),
      post: (path: string, body: unknown) =>
        mounted.fetch(mounted.baseUrl + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
    };
  }
});

describe('the limits and rights of a caller', () => {
  it('hold at endpoints of the host, except at those that are not counted', async () => {
    const { ask } = gatewayWith({ ...whoami, counted: true }, { ...ticks, counted: false });
    const ada = { id: 'ada', limits: { requestsPerMinute: 2 } };
    expect([await ask(ada, '/whoami'), await ask(ada, '/whoami'), await ask(ada, '/whoami')]).toEqual([200, 200, 429]);
    expect([await ask(ada, '/ticks'), await ask(ada, '/ticks'), await ask(ada, '/ticks')]).toEqual([202, 202, 202]);
    expect(await ask({ id: 'bob', operations: ['chat.completions'] }, '/whoami')).toBe(403);
    expect(await ask({ id: 'bob', operations: ['whoami'] }, '/whoami')).toBe(200);
  });

  it('end them when their caller is revoked, and their stream with them', async () => {
    const cancelled: unknown[] = [];
    const { gateway } = gatewayWith({
      ...ticks,
      answer: () =>
        new Response(new ReadableStream({ cancel: (reason) => void cancelled.push(reason) }), {
          headers: { 'content-type': 'text/plain' },
        }),
    });
    const answer = await gateway.fetchAs({ id: 'ada' })('http://portico/v1/ticks');
    expect(gateway.openCalls).toBe(1);
    gateway.revoke('ada');
    await expect(answer.text()).rejects.toThrow();
    expect(gateway.openCalls).toBe(0);
    expect(cancelled).toHaveLength(1);
  });

  it('are checked when the gateway is made: names, paths, rights', () => {
    const made = (config: object) => () =>
      createGateway({ models: { chat: [{ model: 'openai/gpt-4o-mini', apiKey: 'unused' }] }, ...config });
    expect(made({ endpoints: [{ ...whoami, name: 'files' }] })).toThrow(
      '"files" is the name of an endpoint of the gateway',
    );
    expect(made({ endpoints: [{ ...whoami, path: '/{x...}/y' }] })).toThrow('has the path "/{x...}/y"');
    expect(made({ endpoints: [{ ...whoami, path: '/models' }] })).toThrow('the route GET /models of another endpoint');
    expect(made({ endpoints: [{ ...whoami, method: 'FETCH' }] })).toThrow('endpoints[0].method');
    expect(made({ endpoints: [whoami], anonymous: { id: 'a', operations: ['whoamy'] } })).toThrow(
      'there is no operation "whoamy" (did you mean "whoami"?)',
    );
    expect(made({ endpoints: [whoami], anonymous: { id: 'a', operations: ['whoami'] } })).not.toThrow();
  });

  function gatewayWith(...endpoints: (typeof whoami)[]) {
    const models = { chat: [{ model: 'openai/gpt-4o-mini', apiKey: 'unused' }] } as const;
    const gateway = createGateway({ models, endpoints, logger: false });
    onTestFinished(() => gateway.close({ graceMs: 0 }));
    return {
      gateway,
      ask: async (as: Principal, path: string) => {
        const answer = await gateway.fetchAs(as)(`http://portico/v1${path}`);
        await answer.text();
        return answer.status;
      },
    };
  }
});
