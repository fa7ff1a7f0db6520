import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { ReloadableConfig } from '@portico/core';
import { expectRequestedModels, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { askChat, QUESTION } from '../support/ask-chat.js';
import { startControlledProvider } from '../support/controlled-provider.js';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig, type MountName } from '../support/mounts.js';

const PLACES: readonly MountName[] = [
  'Express 5',
  'Koa 3',
  'Nest 11 on Fastify',
  'Fastify 5',
  'HTTP/2',
  'Hono',
  'fetch',
  'in-process',
];

describe.each(PLACES)('h07, R-CFG-4: a configuration that is replaced under load, through %s', (place) => {
  it('fails no call, and none sees a half of each', async () => {
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
    // Each says by the model that answers which groups a call went by, and by a header which limits.
    const SIDES = ['old', 'new'].map((model, at) => ({
      ...QUICK,
      models: {
        chat: { deployments: [WIRES.openai(provider, model)], fallbacks: [`spare-${at}`] },
        [`spare-${at}`]: [WIRES.openai(provider, 'spare')],
      },
      defaults: { limits: { requestsPerMinute: 1_000_000 + at } },
    }));
    const mounted = await mount(place, SIDES[0] as MountConfig);
    const seen = new Map<string, number>();
    let reloads = 0;
    let asking = true;

    await Promise.all([
      keepReloading(),
      Promise.all(Array.from({ length: 8 }, keepAsking)).finally(() => {
        asking = false;
      }),
    ]);

    expect([...seen.keys()].sort()).toEqual(['new by 1000001', 'old by 1000000']);
    expect(reloads).toBeGreaterThan(20);
    expect(provider.log.requestsFor('spare')).toHaveLength(0);

    async function keepReloading() {
      for (; asking; reloads += 1) {
        mounted.gateway.reload(SIDES[(reloads + 1) % 2] as ReloadableConfig);
        await turnOfTheEventLoop();
      }
    }

    async function keepAsking(_: unknown, worker: number) {
      for (let call = 0; call < 12; call += 1) {
        const answer = await mounted.post({ model: 'chat', messages: QUESTION, stream: (worker + call) % 2 === 0 });
        const text = await answer.text();
        expect(answer.status, text).toBe(200);
        expect(text).not.toContain('"error"');
        const model = /"model":"(\w+)"/.exec(text)?.[1];
        const way = `${model} by ${answer.headers.get('x-ratelimit-limit-requests')}`;
        seen.set(way, (seen.get(way) ?? 0) + 1);
      }
    }
  });

  it('lets a stream end on what it began with, whatever became of that', async () => {
    const provider = await startControlledProvider();
    onTestFinished(() => provider.close());
    const model = { model: 'openai/steered', baseUrl: provider.url, apiKey: 'unused' };
    const mounted = await mount(place, { models: { before: [model] } });

    const asked = askChat(mounted, { model: 'before', stream: true });
    const request = await provider.nextRequest();
    await request.token('Once ');
    mounted.gateway.reload({ ...QUICK, models: { after: [model] } });
    expect(await askChat(mounted, { model: 'before', stream: false })).toMatchObject({ status: 404 });
    expect(mounted.gateway.modelNames).toEqual(['after']);
    await request.token('upon');
    request.finish();
    expect(await asked).toMatchObject({ ended: 'answer', content: 'Once upon' });
  });
});

describe('R-CFG-4: what a reload leaves as it is', () => {
  it('is what callers have used up of their limits', async () => {
    const { mounted, config } = await one({ defaults: { limits: { requestsPerMinute: 1 } } });
    expect(await ask(mounted)).toMatchObject({ status: 200 });
    mounted.gateway.reload(config);
    expect(await ask(mounted)).toMatchObject({ status: 429 });
  });

  it('is the rest of a deployment with the same id', async () => {
    const { mounted, config, provider } = await one({}, 'fault-f11');
    expect(await ask(mounted)).toMatchObject({ status: 200 });
    mounted.gateway.reload(config);
    expect(await ask(mounted)).toMatchObject({ status: 200 });
    expectRequestedModels(provider, 'fault-f11', 'spare', 'spare');
  });

  it('is the list of open calls: those of before can be revoked', async () => {
    const provider = await startControlledProvider();
    onTestFinished(() => provider.close());
    const models = { chat: [{ model: 'openai/steered', baseUrl: provider.url, apiKey: 'unused' }] };
    const mounted = await mount('in-process', { models });
    const asked = askChat(mounted, { model: 'chat', stream: true });
    await (await provider.nextRequest()).token('Once');
    mounted.gateway.reload({ ...QUICK, models });
    expect(mounted.gateway.openCalls).toBe(1);
    expect(mounted.gateway.revoke(ADA)).toBe(1);
    expect((await asked).ended).not.toBe('answer');
  });

  it('is what was revoked, and the secret that tokens are signed with', async () => {
    const tokens = { secret: 'a secret of more than thirty-two characters' };
    const { mounted, config } = await one({ tokens }, 'well', 'node:http');
    const { token } = await mounted.gateway.issueToken(ADA);
    const ofGrace = await mounted.gateway.issueToken({ id: 'grace' });
    mounted.gateway.revoke(ADA);
    mounted.gateway.reload({ ...config, tokens: { ...tokens } } as ReloadableConfig);
    expect(await ask(mounted, token)).toMatchObject({ status: 401 });
    expect(await ask(mounted, ofGrace.token)).toMatchObject({ status: 200 });
  });

  it('is what only code can give: plugins start once, and hooks go on', async () => {
    const start = vi.fn();
    const authorize = vi.fn();
    const { mounted, config } = await one({ plugins: [{ name: 'one', start, policies: { authorize } }] });
    await ask(mounted);
    mounted.gateway.reload(config);
    await ask(mounted);
    expect([start, authorize].map((hook) => hook.mock.calls.length)).toEqual([1, 2]);
  });

  it('is everything, if the new configuration cannot work', async () => {
    const { mounted, config } = await one();
    for (const [broken, problem] of [
      [{ ...config, models: { chat: 'opnai/gpt-4o' } }, 'did you mean "openai"?'],
      [{ ...config, retrys: {} }, 'did you mean "retries"?'],
      [{ ...config, keys: [{ key: 'short', principal: ADA }] }, 'keys[0].key: has 5 characters'],
      [{ ...config, authorize: () => undefined }, 'authorize: cannot be changed by a reload'],
      [
        { ...config, tokens: { secret: 'another secret of more than thirty-two characters' } },
        'tokens: cannot be changed by a reload',
      ],
    ] as const) {
      expect(() => mounted.gateway.reload(broken as unknown as ReloadableConfig)).toThrow(problem);
      expect(await ask(mounted)).toMatchObject({ status: 200 });
    }
  });
});

/** One group of a model and its spare, which answers only where the first does not. */
async function one(config: Partial<MountConfig> = {}, model = 'well', place: MountName = 'in-process') {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  const models = {
    chat: [{ ...WIRES.openai(provider, model), weight: 1e12 }, WIRES.openai(provider, 'spare')],
  };
  const whole = { ...QUICK, models, ...config };
  return { provider, config: whole, mounted: await mount(place, whole) };
}

function ask(mounted: Awaited<ReturnType<typeof mount>>, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return mounted.post({ model: 'chat', messages: QUESTION }, { headers });
}

async function mount(place: MountName, config: MountConfig) {
  const mounted = await MOUNTS[place]({ ...QUICK, ...config });
  onTestFinished(() => mounted.close());
  return mounted;
}
