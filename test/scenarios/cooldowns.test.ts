import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { GatewayConfig, UsageRecord } from '@portico/core';
import { expectRequestedModels, type FakeProviderOptions, fakeClock, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat } from '../support/ask-chat.js';
import { ADA, WIRES } from '../support/gateway-on.js';
import { MOUNTS } from '../support/mounts.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How long a deployment rests after one failure. What a provider says counts within ±10 %; a date has no fractions of a second. */
const RESTS = [
  { model: 'fault-f10', why: 'its credential was refused', restsMs: 5 * SECOND },
  { model: 'fault-f11', why: 'its credential was refused', restsMs: 5 * SECOND },
  { model: 'fault-f12', why: 'it does not have the model', restsMs: 5 * SECOND },
  { model: 'fault-f15', why: 'it said so in seconds', restsMs: 20 * SECOND },
  { model: 'fault-f16-date', why: 'it said so as a date', restsMs: 20 * SECOND, orMs: 22 * SECOND },
  { model: 'fault-f16-ms', why: 'it said so in milliseconds', restsMs: 20 * SECOND },
  { model: 'fault-f16-body', why: 'it said so in the body', restsMs: 20 * SECOND },
  { model: 'fault-f17', why: 'it limits the rate and does not say for how long', restsMs: 5 * SECOND },
  { model: 'fault-f18', why: 'its quota is used up', restsMs: MINUTE },
  { model: 'fault-f21-503', why: 'it is overloaded', restsMs: 5 * SECOND },
  { model: 'fault-f21-529-retry-after', why: 'it is overloaded and said for how long', restsMs: 20 * SECOND },
] as const;

describe('R-FO-2: a deployment that cooldown', () => {
  it.each(RESTS)('is left alone for $restsMs ms where $why ($model)', async ({ model, restsMs, ...rest }) => {
    const { ask, clock, provider } = await start([model, 'spare'], { retryAfterSeconds: 20 });
    const timesAsked = () => provider.log.requestsFor(model).length;
    await ask();
    expect(timesAsked()).toBe(1);

    await clock.advance(restsMs * 0.9);
    await ask();
    expect(timesAsked()).toBe(1);

    await clock.advance(restsMs * 0.2 + ('orMs' in rest ? rest.orMs - restsMs : 0));
    await ask();
    expect(timesAsked()).toBe(2);
  });

  it('cooldown only after three failures in a row where one says little (f19)', async () => {
    const { ask, clock, provider } = await start(['fault-f19', 'spare']);
    for (let call = 1; call <= 3; call += 1) {
      await ask();
      expect(provider.log.requestsFor('fault-f19')).toHaveLength(call);
    }
    await ask();
    expect(provider.log.requestsFor('fault-f19')).toHaveLength(3);
    await clock.advance(5 * SECOND);
    await ask();
    expect(provider.log.requestsFor('fault-f19')).toHaveLength(4);
  });

  it('is not cooled by what is wrong with a request (f07, f08, f09, f14)', async () => {
    for (const model of ['fault-f07', 'fault-f08', 'fault-f09', 'fault-f14-413']) {
      const { ask, provider } = await start([model, 'spare']);
      for (let call = 1; call <= 4; call += 1) await ask();
      expectRequestedModels(provider, model, model, model, model);
    }
  });
});

describe('R-FO-2: a lone deployment that says when to come back', () => {
  it.each([
    { model: 'fault-f15', latestMs: 3_300 },
    { model: 'fault-f16-ms', latestMs: 3_300 },
    { model: 'fault-f16-body', latestMs: 3_300 },
    { model: 'fault-f16-date', latestMs: 5_300 },
    { model: 'fault-f21-retry-after', latestMs: 3_300 },
  ])('is asked again then, within the deadline, and answers ($model)', async ({ model, latestMs }) => {
    const { ask, clock, provider, nextAttempt, records } = await start([model], { retryAfterSeconds: 3, healAfter: 1 });
    const failed = nextAttempt();
    const answer = ask();
    await failed;
    await turnOfTheEventLoop();

    await clock.advance(latestMs);
    expect(await answer).toMatchObject({ ended: 'answer' });
    expectRequestedModels(provider, model, model);
    const [first, second] = records[0]?.attempts ?? [];
    expect(Number(second?.startedAt) - Number(first?.endedAt)).toBeGreaterThanOrEqual(3_000);
  });
});

describe('R-FO-3: a failure that only some others can help with', () => {
  it.each([
    { model: 'fault-f08', kind: 'context_too_long', list: 'contextFallbacks' },
    { model: 'fault-f09', kind: 'content_filtered', list: 'contentFallbacks' },
  ] as const)('is taken to the $list and never to the other lists ($model)', async ({ model, kind, list }) => {
    const lists = { fallbacks: ['any'], contextFallbacks: ['large'], contentFallbacks: ['frank'] };
    const provider = await startProvider();
    const groupOf = (name: string) => ({ deployments: [WIRES.openai(provider, name)] });
    const models = { any: groupOf('any'), large: groupOf('large'), frank: groupOf('frank') };
    const helper = lists[list][0] as string;

    for (const stream of [false, true]) {
      const configured = await mount({ models: { ...models, chat: { ...groupOf(model), ...lists } } });
      provider.log.reset();
      expect(await askChat(configured, { model: 'chat', stream })).toMatchObject({ ended: 'answer' });
      expectRequestedModels(provider, model, helper);

      const without = await mount({ models: { ...models, chat: { ...groupOf(model), ...lists, [list]: [] } } });
      provider.log.reset();
      expect(await askChat(without, { model: 'chat', stream })).toMatchObject({ ended: 'error', error: { kind } });
      expectRequestedModels(provider, model);
    }
  });
});

async function start(models: readonly string[], options: FakeProviderOptions = {}) {
  const provider = await startProvider(options);
  const clock = fakeClock(Date.now());
  const waiting: (() => void)[] = [];
  const records: UsageRecord[] = [];
  const gateway = await mount({
    clock,
    models: {
      chat: models.map((model, at) => ({ ...WIRES.openai(provider, model), weight: at === 0 ? 1e12 : 1 })),
    },
    observers: [{ attemptEnded: () => waiting.shift()?.(), callEnded: (record) => void records.push(record) }],
  });
  return {
    provider,
    clock,
    records,
    ask: () => askChat(gateway, { model: 'chat', stream: false }),
    nextAttempt: () => new Promise<void>((resolve) => void waiting.push(resolve)),
  };
}

async function startProvider(options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
  return provider;
}

async function mount(config: Pick<GatewayConfig, 'models' | 'clock' | 'observers'>) {
  const mounted = await MOUNTS['in-process']({ anonymous: ADA, ...config });
  onTestFinished(() => mounted.close());
  return mounted;
}
