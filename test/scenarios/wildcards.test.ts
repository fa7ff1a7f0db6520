import type { UsageRecord } from '@portico/core';
import { expectRequestedModels, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat } from '../support/ask-chat.js';
import { ADA, QUICK, UPSTREAM_KEY, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig, type MountName } from '../support/mounts.js';

const PLACES: readonly MountName[] = ['Express 5', 'Koa 3', 'Nest 11 on Fastify', 'Hono', 'fetch', 'in-process'];

describe.each(PLACES)('a model that only a name with a star serves, through %s', (place) => {
  it('is asked under the name the star stands for, streamed or not', async () => {
    const provider = await startProvider();
    const mounted = await mount(place, { models: { 'openai/*': [WIRES.openai(provider, '*')] } });
    for (const stream of [false, true]) {
      expect(await askChat(mounted, { model: 'openai/gpt-4o', stream })).toMatchObject({ ended: 'answer' });
    }
    expectRequestedModels(provider, 'gpt-4o', 'gpt-4o');
  });

  it('is shown by its name, and listed nowhere', async () => {
    const provider = await startProvider();
    const models = { fast: [WIRES.openai(provider, 'fast')], 'openai/*': [WIRES.openai(provider, '*')] };
    const openai = (await mount(place, { models })).openai();
    const listed = await openai.models.list();
    expect(listed.data.map(({ id }) => id)).toEqual(['fast']);
    expect(await openai.models.retrieve('openai/gpt-4o')).toMatchObject({ id: 'openai/gpt-4o', owned_by: 'openai' });
    await expect(openai.models.retrieve('gpt-4o')).rejects.toMatchObject({ status: 404 });
  });
});

describe('of names with stars', () => {
  const cases = [
    { asked: 'claude-sonnet', names: 'the one that is spelled out', upstream: 'exactly' },
    { asked: 'claude-haiku', names: 'the longest that fits', upstream: 'long-haiku' },
    { asked: 'gpt-4o', names: 'the catch-all, where nothing else fits', upstream: 'any-gpt-4o' },
    { asked: 'eu:gpt-4o:v2', names: 'one with two, each filled in its turn', upstream: 'gpt-4o-in-v2' },
    { asked: 'pinned-down', names: 'one whose target has none, taken as it is', upstream: 'pinned' },
  ];

  it.each(cases)('$asked is served by $names', async ({ asked, upstream }) => {
    const provider = await startProvider();
    const to = (model: string) => [WIRES.openai(provider, model)];
    const mounted = await mount('in-process', {
      models: {
        '*': to('any-*'),
        'claude-*': to('long-*'),
        'claude-sonnet': to('exactly'),
        'eu:*:*': to('*-in-*'),
        'pinned-*': to('pinned'),
      },
    });
    expect(await askChat(mounted, { model: asked, stream: false })).toMatchObject({ ended: 'answer' });
    expectRequestedModels(provider, upstream);
  });

  it('a name fits from end to end, not by its beginning', async () => {
    const provider = await startProvider();
    const mounted = await mount('in-process', { models: { 'gpt-*-mini': [WIRES.openai(provider, '*')] } });
    expect(await askChat(mounted, { model: 'gpt-4o-mini', stream: false })).toMatchObject({ ended: 'answer' });
    for (const model of ['gpt-4o-mini-2024', 'my-gpt-4o-mini', 'gpt--mini']) {
      expect(await askChat(mounted, { model, stream: false })).toMatchObject({ status: 404 });
    }
    expectRequestedModels(provider, '4o');
  });

  it.each([
    '../../admin',
    'x/../y',
    'x/./y',
    'a?key=b',
    'a#b',
    'a%2fb',
    'a b',
    'a\\b',
    'a\nb',
    '*',
    'ü',
    'x'.repeat(300),
  ])('none takes %j for a name: what a client says changes no path (R-SEC-5)', async (star) => {
    const provider = await startProvider();
    const mounted = await mount('in-process', { models: { 'azure/*': [WIRES.azure(provider, '*')] } });
    expect(await askChat(mounted, { model: `azure/${star}`, stream: false })).toMatchObject({
      status: 404,
      error: { kind: 'model_not_found' },
    });
    expectRequestedModels(provider);
  });

  it('the catch-all takes every vendor that needs a credential, and says why it cannot take another', async () => {
    const { openai } = await mount('in-process', {
      models: { '*': { deployments: [{ model: '*', apiKey: UPSTREAM_KEY }] } },
    });
    await expect(openai().models.retrieve('groq/llama3')).resolves.toMatchObject({ owned_by: 'groq' });
    const mounted = await mount('in-process', { models: { '*': '*' } });
    await expect(mounted.openai().models.retrieve('ollama/llama3')).rejects.toMatchObject({ status: 404 });
    expect(await askChat(mounted, { model: 'olama/llama3', stream: false })).toMatchObject({
      status: 404,
      error: { message: expect.stringContaining('did you mean "ollama"?') },
    });
    expect(await askChat(mounted, { model: 'llama3', stream: false })).toMatchObject({ status: 404 });
  });

  it('may be fallen back to by a name that fits, and only by one', async () => {
    const provider = await startProvider();
    const fast = { deployments: [WIRES.openai(provider, 'fault-f19')], fallbacks: ['openai/spare'] };
    const models = { fast, 'openai/*': [WIRES.openai(provider, '*')] };
    const mounted = await mount('in-process', { models });
    expect(await askChat(mounted, { model: 'fast', stream: false })).toMatchObject({ ended: 'answer' });
    expect(provider.log.requests.at(-1)?.model).toBe('spare');

    const leadingTo = (target: string) =>
      mount('in-process', { models: { ...models, fast: { ...fast, fallbacks: [target] } } });
    await expect(leadingTo('openai/*')).rejects.toThrow('models.fast.fallbacks[0]: "openai/*" is a pattern');
    await expect(leadingTo('azure/spare')).rejects.toThrow('models.fast.fallbacks[0]: there is no model group');
  });
});

describe('a route of a name with a star', () => {
  it('is filled wherever it names a model, and leads to names that fit', async () => {
    const provider = await startProvider();
    const to = (model: string) => WIRES.openai(provider, model);
    const mounted = await mount('in-process', {
      models: {
        'chat-*': {
          route: {
            when: [{ if: { stream: true }, to: 'streamed-of-all' }],
            otherwise: { fallback: [{ deployments: [to('fault-*')] }, { deployments: [to('spare-*')] }] },
          },
        },
        'streamed-*': [to('s-*')],
      },
    });
    for (const stream of [false, true]) {
      expect(await askChat(mounted, { model: 'chat-f11', stream })).toMatchObject({ ended: 'answer' });
    }
    expectRequestedModels(provider, 'fault-f11', 'spare-f11', 's-of-all');
  });
});

describe('a principal that may use some of what a star serves', () => {
  it('is refused the rest, by the name it asks for', async () => {
    const provider = await startProvider();
    const mounted = await mount('in-process', {
      models: { 'openai/*': [WIRES.openai(provider, '*')] },
      anonymous: { ...ADA, models: ['openai/gpt-4o*'] },
    });
    expect(await askChat(mounted, { model: 'openai/gpt-4o-mini', stream: false })).toMatchObject({ ended: 'answer' });
    expect(await askChat(mounted, { model: 'openai/o3', stream: false })).toMatchObject({ status: 404 });
    expectRequestedModels(provider, 'gpt-4o-mini');
  });
});

describe('the price of what a star serves', () => {
  it('is that of the model the star stands for, under a budget too (R-SP-5, R-SP-6)', async () => {
    const provider = await startProvider();
    const records: UsageRecord[] = [];
    const mounted = await mount('in-process', {
      models: { 'openai/*': [{ model: 'openai/*', baseUrl: provider.url, apiKey: UPSTREAM_KEY }] },
      anonymous: { ...ADA, budget: { usd: 1 } },
      observers: [{ callEnded: (record) => void records.push(record) }],
    });
    await askChat(mounted, { model: 'openai/gpt-4o-mini', stream: false });
    await askChat(mounted, { model: 'openai/gpt-4o', stream: false });
    const [mini, large] = records.map(({ costNanoUsd = 0, usage }) => costNanoUsd / usage.outputTokens);
    expect(mini).toBeGreaterThan(0);
    expect(large).toBeGreaterThan(5 * (mini as number));
    expect(await askChat(mounted, { model: 'openai/of-no-known-price', stream: false })).toMatchObject({
      status: 403,
      error: { code: 'price_unknown' },
    });
  });
});

describe('a name with a star that can serve nothing', () => {
  it.each([
    ['a star of a target that nothing fills', { fast: 'ollama/*' }, 'models.fast: "ollama/*" has more wildcards'],
    ['two stars of a target for one', { 'a-*': 'ollama/*-*' }, 'models["a-*"]: "ollama/*-*" has more wildcards'],
    ['two stars in a row', { 'a-**': 'ollama/*' }, 'models["a-**"]: has two wildcards in a row'],
    ['an unknown vendor', { 'a-*': 'olama/*' }, 'did you mean "ollama"?'],
    ['a catch-all that is misspelled', { '*': [{ model: '*', weigth: 2 }] }, 'models["*"][0].weigth: unknown key'],
  ])('is an error at start: %s (R-CFG-1)', async (_what, models, problem) => {
    await expect(mount('in-process', { models })).rejects.toThrow(problem);
  });
});

async function startProvider() {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  return provider;
}

async function mount(place: MountName, config: MountConfig) {
  const mounted = await MOUNTS[place]({ ...QUICK, ...config });
  onTestFinished(() => mounted.close());
  return mounted;
}
