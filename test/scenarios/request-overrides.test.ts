import type { RoutingOverrides } from '@portico/core';
import { expectRequestedModels, fakeClock, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat, QUESTION } from '../support/ask-chat.js';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig, type Mounted, type MountName } from '../support/mounts.js';

const PLACES: readonly MountName[] = ['Express 5', 'Koa 3', 'Nest 11 on Fastify', 'fetch', 'in-process'];

const FAILS = 'fault-f19';
const TOO_LONG = 'fault-f08';
const AGAINST_POLICY = 'fault-f09';

describe.each(PLACES)('a request that steers its own routing, through %s', (place) => {
  it('is answered by the fallback it names, and no upstream sees what it named', async () => {
    const { mounted, provider } = await start(place, { requestOverrides: true });
    const overrides = { fallbacks: ['spare'], num_retries: 0, timeout: 30, stream_timeout: 30, tags: ['nightly'] };
    for (const stream of [false, true]) {
      expect(await askChat(mounted, { model: FAILS, stream, ...overrides })).toMatchObject({ ended: 'answer' });
    }
    expectRequestedModels(provider, FAILS, 'spare', FAILS, 'spare');
    for (const { body } of provider.log.requests) {
      expect(Object.keys(body as object).filter((key) => key in overrides)).toEqual([]);
    }
  });

  it('steers nothing where nobody said that it may: its fields go on as they came', async () => {
    const { mounted, provider } = await start(place);
    const answer = await askChat(mounted, { model: FAILS, stream: false, fallbacks: ['spare'], num_retries: 0 });
    expect(answer).toMatchObject({ status: 502 });
    expectRequestedModels(provider, FAILS, FAILS, FAILS);
    expect(provider.log.requests[0]?.body).toMatchObject({ fallbacks: ['spare'], num_retries: 0 });
  });
});

describe('the fallbacks a request names', () => {
  it.each([
    ['a list of names', { fallbacks: [FAILS, 'spare'] }, FAILS, ['spare']],
    ['a map for the model asked for', { fallbacks: [{ spare: [TOO_LONG] }, { [FAILS]: ['spare'] }] }, FAILS, ['spare']],
    ['a map for every other model', { fallbacks: [{ '*': ['spare'] }] }, FAILS, ['spare']],
    ['maps that lead on', { fallbacks: [{ [FAILS]: ['down'] }, { down: ['spare'] }] }, FAILS, ['down', 'spare']],
    ['those for inputs that are too long', { context_window_fallbacks: ['spare'] }, TOO_LONG, ['spare']],
    [
      'those for what a filter refuses',
      { content_policy_fallbacks: [{ [AGAINST_POLICY]: ['spare'] }] },
      AGAINST_POLICY,
      ['spare'],
    ],
    ['none after the most there may be', { fallbacks: ['down', 'spare'], max_fallbacks: 1 }, FAILS, ['down']],
    ['none at all', { disable_fallbacks: true, fallbacks: ['spare'] }, FAILS, []],
  ])('are %s', async (_what, fields, model, then) => {
    const { mounted, provider } = await start('in-process', { requestOverrides: true });
    await askChat(mounted, { model, stream: false, num_retries: 0, ...fields });
    expectRequestedModels(provider, model, ...then.map((name) => (name === 'down' ? 'fault-f20' : name)));
  });

  it('stand instead of those of the configuration, of the targets too', async () => {
    const { mounted, provider } = await start('in-process', { requestOverrides: true });
    await askChat(mounted, {
      model: 'with-fallback',
      stream: false,
      num_retries: 0,
      fallbacks: ['down-with-fallback'],
    });
    expectRequestedModels(provider, 'fault-f19', 'fault-f20');
  });

  it.each([
    ['that does not exist', 'no-such-model'],
    ['the caller may not use', 'secret'],
  ])('are refused as the model itself would be, if there is one %s', async (_which, name) => {
    const { mounted, provider } = await start('in-process', {
      requestOverrides: true,
      anonymous: { ...ADA, models: [FAILS, 'spare'] },
    });
    for (const fallbacks of [[name], [{ [FAILS]: ['spare', name] }]]) {
      const answer = await mounted.post({ model: FAILS, messages: QUESTION, fallbacks });
      expect(answer.status).toBe(404);
      const { error } = (await answer.json()) as { error: { code: string; param: string; message: string } };
      expect(error).toMatchObject({ code: 'model_not_found', param: 'fallbacks' });
      expect(error.message).not.toContain('"down"');
    }
    expectRequestedModels(provider);
  });

  it('are within the budget of the caller, or nobody is asked', async () => {
    const { mounted, provider } = await start('in-process', {
      requestOverrides: true,
      anonymous: { ...ADA, budget: { usd: 0.01 } },
    });
    const cheap = { model: 'spare', stream: false, max_tokens: 10 };
    expect(await askChat(mounted, cheap)).toMatchObject({ ended: 'answer' });
    expect(await askChat(mounted, { ...cheap, fallbacks: ['dear'] })).toMatchObject({ status: 429 });
    expectRequestedModels(provider, 'spare');
  });
});

describe('the retries a request wants', () => {
  it.each([
    ['a field', { num_retries: 1 }, {}, 2],
    ['a header', {}, { 'x-portico-num-retries': '4' }, 5],
    ['both, of which the body counts', { num_retries: 0 }, { 'x-portico-num-retries': '4' }, 1],
    ['a header of LiteLLM', {}, { 'x-litellm-num-retries': '0' }, 1],
  ])('are said by %s', async (_where, fields, headers, asked) => {
    const { mounted, provider } = await start('in-process', { requestOverrides: true, compat: 'litellm' });
    await mounted.post({ model: FAILS, messages: QUESTION, ...fields }, { headers: headers as HeadersInit });
    expectRequestedModels(provider, ...Array.from({ length: asked }, () => FAILS));
  });

  it('are not said by a header of LiteLLM where nothing else is spelled as it does', async () => {
    const { mounted, provider } = await start('in-process', { requestOverrides: true });
    await mounted.post({ model: FAILS, messages: QUESTION }, { headers: { 'x-litellm-num-retries': '0' } });
    expectRequestedModels(provider, FAILS, FAILS, FAILS);
  });
});

describe('the time a request gives itself', () => {
  it.each([
    ['timeout', { timeout: 2 }, {}, false, 2_000],
    ['stream_timeout, of a stream', { timeout: 9, stream_timeout: 3 }, {}, true, 3_000],
    ['timeout, of an answer that is none', { timeout: 2, stream_timeout: 1 }, {}, false, 2_000],
    ['a header', {}, { 'x-portico-timeout': '1.5' }, false, 1_500],
    ['less than the configuration allows, never more', { timeout: 600 }, {}, false, 20_000],
  ])('is %s', async (_what, fields, headers, stream, endsMs) => {
    const clock = fakeClock(Date.now());
    const { mounted, provider } = await start('in-process', {
      requestOverrides: true,
      clock,
      deadlines: { totalMs: 20_000 },
    });
    const body = { model: 'silent', messages: QUESTION, stream, num_retries: 0, ...fields };
    const answer = mounted.post(body, { headers: headers as HeadersInit });
    const asked = await provider.log.waitForRequest();
    await clock.advance(endsMs - 1);
    expect(asked.outcome).toBe('open');
    await clock.advance(1);
    expect((await answer).status).toBe(504);
  });
});

describe('what the host decides about', () => {
  it('is told how a request steers, with its tags from everywhere, once each', async () => {
    const seen: (RoutingOverrides | undefined)[] = [];
    const { mounted, provider } = await start('in-process', {
      requestOverrides: true,
      compat: 'litellm',
      authorize: ({ request }) => void seen.push(request.overrides),
    });
    const metadata = { tags: ['a', 'b'], note: 'mine' };
    await mounted.post(
      { model: 'spare', messages: QUESTION, tags: ['a'], metadata },
      { headers: { 'x-portico-tags': 'c, d', 'x-litellm-tags': 'e' } },
    );
    await mounted.post({ model: 'spare', messages: QUESTION });
    expect(seen.map((overrides) => overrides?.tags)).toEqual([['a', 'b', 'c', 'd', 'e'], undefined]);
    expect(provider.log.requests.map(({ body }) => (body as { metadata?: object }).metadata)).toEqual([
      { note: 'mine' },
      undefined,
    ]);
  });
});

describe('the tags of a request', () => {
  it('choose among deployments as those of its principal do, and not where it may not steer', async () => {
    for (const requestOverrides of [true, false]) {
      const { mounted, provider } = await start('in-process', { requestOverrides });
      await mounted.post({ model: 'tagged', messages: QUESTION }, { headers: { 'x-portico-tags': 'nightly' } });
      await mounted.post({ model: 'tagged', messages: QUESTION });
      expectRequestedModels(provider, requestOverrides ? 'for-nights' : 'for-all', 'for-all');
    }
  });
});

describe('what cannot steer', () => {
  it.each([
    [{ fallbacks: 'spare', num_retries: 11 }, 'num_retries'],
    [{ num_retries: 1.5 }, 'num_retries'],
    [{ max_fallbacks: -1 }, 'max_fallbacks'],
    [{ timeout: 0 }, 'timeout'],
    [{ stream_timeout: 'soon' }, 'stream_timeout'],
    [{ disable_fallbacks: 'yes' }, 'disable_fallbacks'],
    [{ fallbacks: [{ [FAILS]: [{ model: 'spare', temperature: 0 }] }] }, 'fallbacks[0]'],
    [{ fallbacks: [['spare']] }, 'fallbacks'],
    [{ fallbacks: Array.from({ length: 11 }, (_, at) => `model-${at}`) }, 'fallbacks'],
    [{ context_window_fallbacks: 7 }, 'context_window_fallbacks'],
    [{ tags: [7] }, 'tags'],
    [{ tags: ['x'.repeat(129)] }, 'tags'],
    [{ metadata: { tags: [''] } }, 'metadata.tags'],
  ])('is refused by its name: %j', async (fields, param) => {
    const { mounted, provider } = await start('in-process', { requestOverrides: true });
    const answer = await mounted.post({ model: FAILS, messages: QUESTION, ...fields });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param } });
    expectRequestedModels(provider);
  });

  it('is refused by the name of its header too', async () => {
    const { mounted } = await start('in-process', { requestOverrides: true });
    const answer = await mounted.post({ model: FAILS, messages: QUESTION }, { headers: { 'x-portico-timeout': '-1' } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: 'x-portico-timeout' } });
  });
});

async function start(place: MountName, config: Partial<MountConfig> = {}) {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  const to = (model: string) => [WIRES.openai(provider, model)];
  const mounted: Mounted = await MOUNTS[place]({
    ...QUICK,
    // Whoever fails here is asked as often as a test says, and does not rest meanwhile.
    cooldowns: { failuresInARow: 100 },
    models: {
      [FAILS]: to(FAILS),
      [TOO_LONG]: to(TOO_LONG),
      [AGAINST_POLICY]: to(AGAINST_POLICY),
      spare: to('spare'),
      down: to('fault-f20'),
      silent: to('fault-f05'),
      secret: to('secret'),
      dear: [{ ...WIRES.openai(provider, 'dear'), price: { input: 1, output: 1_000_000 } }],
      tagged: [{ ...WIRES.openai(provider, 'for-nights'), tags: ['nightly'] }, ...to('for-all')],
      'with-fallback': { deployments: to(FAILS), fallbacks: ['spare'] },
      'down-with-fallback': { deployments: to('fault-f20'), fallbacks: ['spare'] },
    },
    ...config,
  });
  onTestFinished(() => mounted.close());
  return { mounted, provider };
}
