import type { Principal, UsageRecord } from '@portico/core';
import { expectNoOpenRequests, expectRequestedModels, type FakeProviderOptions, fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { QUESTION } from '../support/ask-chat.js';
import { gatewayOn, QUICK } from '../support/gateway-on.js';
import { groupsOn, startInExpress, startProvider } from '../support/host-start.js';
import type { MountConfig, Mounted } from '../support/mounts.js';
import { promised } from '../support/promised.js';
import { type WatchedCounters, watchedCounters } from '../support/watched-counters.js';

const KEY = 'vk-team-00000000000000000000';
/** Half a cent, in nano-dollars. At the prices of these tests that is about a hundred answers of twenty tokens. */
const LIMIT = 5_000_000;
const TEAM: Principal = { id: 'team', budget: { usd: LIMIT / 1e9, per: 'total' } };
const COUNTER = 'budget:total:principal:team';
const SHORT = { messages: QUESTION, max_tokens: 20 } as const;

describe('500 calls at the edge of one budget, over HTTP and in-process at once (R-BUD-1, R-EMB-3)', () => {
  it('are admitted while the budget can pay for the worst of them, and not one more', async () => {
    const held = promised();
    const { counters, ends, records, settled } = await askMany(500, held.kept);
    await counters.decided(500);

    const [worst, ...others] = new Set(counters.reservations.map(({ requests }) => requests[0]?.amount));
    expect(others).toEqual([]);
    const affordable = Math.floor(LIMIT / (worst as number));
    expect(affordable).toBeGreaterThan(50);
    expect(counters.reservations).toHaveLength(affordable);
    expect(counters.refusals).toBe(500 - affordable);
    expect(await counters.read(COUNTER)).toEqual({ used: 0, reserved: affordable * (worst as number) });

    held.keep();
    const answered = (await ends()).filter((end) => end === 'answered');
    expect(answered).toHaveLength(affordable);
    await settled();
    expect(records()).toHaveLength(affordable);
  });

  it('never exceed it while others end, leave nothing reserved and one record each (R-SP-2)', async () => {
    const { counters, ends, records, settled, provider } = await askMany(500);
    const answered = (await ends()).filter((end) => end === 'answered');
    await settled();

    // What ended early made room for others.
    const worst = counters.reservations[0]?.requests[0]?.amount as number;
    expect(answered.length).toBeGreaterThan(Math.floor(LIMIT / worst));
    expect(counters.mostOf(COUNTER)).toBeLessThanOrEqual(LIMIT);
    expect(provider.log.requests).toHaveLength(answered.length);
    expect(records()).toHaveLength(answered.length);
    expect(records().every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(new Set(records().map(({ via }) => via))).toEqual(new Set(['key', 'session', 'internal']));
    await expectConservation(counters, records());
  });

  it('are all counted where they are streamed and a third of the clients leaves in the middle', async () => {
    const provider = await startProvider({ tokenDelayMs: 3 });
    const { mounted, counters, records, settled } = await start({ models: groupsOn(provider, 'chat') });
    const ends = Array.from({ length: 90 }, (_, call) =>
      readStream(mounted, call, call % 3 === 0 ? 'leave' : 'read on'),
    );
    expect((await Promise.all(ends)).filter((status) => status === 200).length).toBeGreaterThan(50);
    await expectNoOpenRequests(provider);
    await settled();

    const outcomes = new Set(records().map(({ outcome }) => outcome));
    expect(outcomes).toEqual(new Set(['ok', 'client_gone']));
    for (const { costNanoUsd, outcome, usage } of records()) {
      expect(costNanoUsd).toBeGreaterThan(0);
      expect(usage.estimated).toBe(outcome === 'client_gone');
    }
    expect(counters.mostOf(COUNTER)).toBeLessThanOrEqual(LIMIT);
    await expectConservation(counters, records());
  });

  it('give back what they reserved however they end: refused, failed, cut, left alone', async () => {
    const provider = await startProvider();
    const models = ['chat', 'fault-f05', 'fault-f07', 'fault-f19', 'fault-f32', 'fault-f34', 'fault-f35'];
    const { mounted, counters, records, settled } = await start({
      models: groupsOn(provider, ...models),
      deadlines: { headersMs: 100, idleMs: 100 },
    });
    const bodies = models.flatMap((model) => [
      { ...SHORT, model },
      { ...SHORT, model, stream: true },
    ]);
    await Promise.all(bodies.map(async (body) => (await mounted.post(body, withKey)).text()));
    await settled();

    expect(records()).toHaveLength(bodies.length);
    expect(new Set(records().map(({ outcome }) => outcome))).toEqual(new Set(['ok', 'failed', 'incomplete']));
    await expectConservation(counters, records());
  });

  /** Asks by every door there is, all as the same principal. */
  async function askMany(calls: number, held?: Promise<void>) {
    const provider = await startProvider();
    const started = await start({
      models: groupsOn(provider, 'chat'),
      interceptors: [
        (next) => async (request) => {
          await held;
          return next(request);
        },
      ],
    });
    const asked: Promise<End>[] = [];
    while (asked.length < calls) asked.push(...DOORS.map((ask) => ask(started.mounted)));
    return { ...started, provider, ends: () => Promise.all(asked) };
  }
});

describe('what a call over a limit is told (c09)', () => {
  // Twenty seconds into a minute.
  const NOW = Date.UTC(2026, 5, 15, 12, 30, 20);

  it('per minute: how much there is, how much is left, and when to come back', async () => {
    const { mounted, provider, clock } = await startLimited({
      limits: { requestsPerMinute: 2, tokensPerMinute: 1_000 },
    });
    const first = await mounted.post({ ...SHORT, model: 'chat' });
    const need = 1_000 - Number(first.headers.get('x-ratelimit-remaining-tokens'));
    expect(limitHeaders(first)).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '40s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': String(1_000 - need),
      'x-ratelimit-reset-tokens': '40s',
    });
    expect(need).toBeGreaterThanOrEqual(20);
    // A stream says it at its beginning.
    const second = await mounted.post({ ...SHORT, model: 'chat', stream: true });
    expect(limitHeaders(second)).toMatchObject({ 'x-ratelimit-remaining-requests': '0' });
    expect(await second.text()).toContain('[DONE]');

    for (const stream of [false, true]) {
      const refused = await mounted.post({ ...SHORT, model: 'chat', stream });
      expect(refused.status).toBe(429);
      expect(limitHeaders(refused)).toMatchObject({ 'retry-after': '40', 'x-ratelimit-remaining-requests': '0' });
      expect(await refused.json()).toEqual({
        error: {
          message: 'Over the limit of 2 requests per minute. Try again in 40 s.',
          type: 'rate_limit_error',
          param: null,
          code: 'rate_limit_exceeded',
          kind: 'over_rate_limit',
          request_id: refused.headers.get('x-request-id'),
        },
      });
    }
    expectRequestedModels(provider, 'chat', 'chat');
    await clock.advance(40_000);
    expect((await mounted.post({ ...SHORT, model: 'chat' })).status).toBe(200);
  });

  it('of tokens: the input and the longest answer count until it is known what was used', async () => {
    const { mounted, provider } = await startLimited({ limits: { tokensPerMinute: 200 } }, { reply: () => 'Yes.' });
    const tooLong = await mounted.post({ ...SHORT, model: 'chat', max_tokens: 300 });
    expect(tooLong.status).toBe(429);
    // It will not fit in the next minute either.
    expect(tooLong.headers.get('retry-after')).toBeNull();
    expect(await tooLong.json()).toMatchObject({
      error: { code: 'rate_limit_exceeded', message: expect.stringMatching(/200 tokens per minute.*and 200 are left/) },
    });
    expectRequestedModels(provider);

    for (let call = 0; call < 2; call += 1) {
      // Had the first not given back what it did not use, the second would have no room.
      expect((await mounted.post({ ...SHORT, model: 'chat', max_tokens: 150 })).status).toBe(200);
    }
  });

  it('of calls at a time: the next may come when one has ended', async () => {
    const { mounted, provider } = await startLimited({ limits: { concurrentCalls: 1 } }, { tokenDelayMs: 20 });
    const first = await mounted.post({ ...SHORT, model: 'chat', stream: true });
    const refused = await mounted.post({ ...SHORT, model: 'chat' });
    expect(refused.status).toBe(429);
    expect(limitHeaders(refused)).toEqual({ 'retry-after': '1' });
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    expectRequestedModels(provider, 'chat');
    expect(await first.text()).toContain('[DONE]');
    expect((await mounted.post({ ...SHORT, model: 'chat' })).status).toBe(200);
  });

  it('over its budget: 429 insufficient_quota, and the official client does not ask again', async () => {
    const { mounted, provider, clock } = await startLimited({ budget: { usd: 0.00006, per: 'day' } });
    expect((await mounted.post({ ...SHORT, model: 'chat' })).status).toBe(200);
    const refused = await mounted.post({ ...SHORT, model: 'chat', stream: true });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/json');
    expect(limitHeaders(refused)).toEqual({
      // Eleven and a half hours, less twenty seconds.
      'retry-after': String(11.5 * 3_600 - 20),
      'x-should-retry': 'false',
    });
    expect(await refused.json()).toMatchObject({
      error: {
        type: 'insufficient_quota',
        code: 'insufficient_quota',
        kind: 'over_budget',
        message: expect.stringMatching(
          /^Over the budget of \$0\.000060 per day: \$0\.0000\d\d is spent .*2026-06-16T00:00:00/,
        ),
      },
    });

    let asked = 0;
    const openai = mounted.openai().withOptions({
      maxRetries: 2,
      fetch: (...request) => {
        asked += 1;
        return fetch(...request);
      },
    });
    const error = await openai.chat.completions
      .create({ model: 'chat', messages: [...QUESTION] })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota' });
    expect(asked).toBe(1);
    expectRequestedModels(provider, 'chat');

    await clock.advance(11.5 * 3_600_000 - 20_000);
    expect((await mounted.post({ ...SHORT, model: 'chat' })).status).toBe(200);
  });

  it('over one of several limits: it takes nothing of the others (R-BUD-2)', async () => {
    const { mounted } = await startLimited({
      limits: { requestsPerMinute: 2 },
      budget: { usd: 0.0002, per: 'day' },
    });
    const remaining: (string | null)[] = [];
    for (const max_tokens of [20, 1_000, 1_000, 1]) {
      const answer = await mounted.post({ ...SHORT, model: 'chat', max_tokens });
      remaining.push(`${answer.status} ${answer.headers.get('x-ratelimit-remaining-requests')}`);
    }
    expect(remaining).toEqual(['200 1', '429 1', '429 1', '200 0']);
  });

  it('in-process: the same, as an error', async () => {
    const { mounted, provider } = await startLimited({});
    const as: Principal = { id: 'ann', budget: { usd: 0.00006, per: 'hour' } };
    await mounted.gateway.chat({ model: 'chat', ...SHORT }, { as });
    const refused = mounted.gateway.chat({ model: 'chat', ...SHORT }, { as });
    await expect(refused).rejects.toMatchObject({
      kind: 'over_budget',
      code: 'insufficient_quota',
      retryAfterMs: 1_780_000,
    });
    const response = await mounted.gateway.fetchAs(as)('http://portico/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ ...SHORT, model: 'chat' }),
    });
    expect(response.status).toBe(429);
    expect(limitHeaders(response)).toEqual({ 'retry-after': '1780', 'x-should-retry': 'false' });
    expectRequestedModels(provider, 'chat');
  });

  async function startLimited(limits: Pick<Principal, 'limits' | 'budget'>, options: FakeProviderOptions = {}) {
    const provider = await startProvider(options);
    const clock = fakeClock(NOW);
    const mounted = await startInExpress({
      ...gatewayOn(provider),
      models: groupsOn(provider, 'chat'),
      anonymous: { id: 'ann', ...limits },
      clock,
    });
    return { provider, clock, mounted };
  }
});

describe('a process that dies in the middle of a call (R-BUD-3)', () => {
  it('holds what it had reserved until the lease ends, and no longer', async () => {
    const clock = fakeClock();
    const counters = watchedCounters(clock);
    const provider = await startProvider();
    const ann: Principal = { id: 'ann', limits: { concurrentCalls: 1 }, budget: { usd: 1, per: 'total' } };
    const config = { ...gatewayOn(provider), models: groupsOn(provider, 'chat', 'fault-f05'), anonymous: ann };
    const stores = { counters };
    // Its own clock stands still: as far as the others can tell it is dead.
    const dead = await startInExpress({ ...config, stores, clock: fakeClock() });
    const alive = await startInExpress({ ...config, stores, clock });
    const client = new AbortController();
    const lost = dead.post({ ...SHORT, model: 'fault-f05' }, { signal: client.signal });
    lost.catch(() => undefined);
    await provider.log.waitForRequest();

    const ask = async () => (await alive.post({ ...SHORT, model: 'chat' })).status;
    expect(await ask()).toBe(429);
    // A call may take ten minutes, and a minute to settle.
    await clock.advance(10 * 60_000);
    expect(await ask()).toBe(429);
    await clock.advance(60_000);
    expect(await ask()).toBe(200);
    const { used } = await counters.read('budget:total:principal:ann');
    client.abort();
    await expect.poll(() => dead.gateway.openCalls).toBe(0);
    expect(await counters.read('budget:total:principal:ann')).toEqual({ used, reserved: 0 });
  });
});

const withKey = { headers: { authorization: `Bearer ${KEY}` } };

type End = 'answered' | 'refused';

/** Every way to ask as the team. */
const DOORS: readonly ((mounted: Mounted) => Promise<End>)[] = [
  async ({ post }) => endOf(await post({ ...SHORT, model: 'chat' }, withKey)),
  async ({ post }) => endOf(await post({ ...SHORT, model: 'chat', stream: true })),
  async ({ gateway }) => {
    const body = JSON.stringify({ ...SHORT, model: 'chat' });
    return endOf(await gateway.fetchAs(TEAM)('http://portico/v1/chat/completions', { method: 'POST', body }));
  },
  async ({ gateway }) => {
    const chat = gateway.chat({ ...SHORT, model: 'chat' }, { as: TEAM });
    return chat.then(() => 'answered', isRefusal);
  },
  async ({ gateway }) => {
    try {
      for await (const _ of gateway.chatStream({ ...SHORT, model: 'chat' }, { as: TEAM }));
      return 'answered';
    } catch (error) {
      return isRefusal(error);
    }
  },
];

async function endOf(response: Response): Promise<End> {
  const text = await response.text();
  if (response.status === 200) return 'answered';
  expect(text).toContain('insufficient_quota');
  return 'refused';
}

function isRefusal(error: unknown): End {
  expect(error).toMatchObject({ kind: 'over_budget' });
  return 'refused';
}

/** Reads a stream to its end, or leaves when its first piece is here. */
async function readStream(mounted: Mounted, call: number, plan: 'read on' | 'leave'): Promise<number> {
  const leave = new AbortController();
  const body = { ...SHORT, model: 'chat', stream: true };
  const response =
    call % 2 === 0
      ? await mounted.post(body, { ...withKey, signal: leave.signal })
      : await mounted.gateway.fetchAs(TEAM)('http://portico/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify(body),
          signal: leave.signal,
        });
  if (plan === 'read on' || response.status !== 200) {
    await response.text();
    return response.status;
  }
  for await (const _ of response.body as ReadableStream<Uint8Array>) break; // A break cancels the body.
  leave.abort();
  return response.status;
}

async function start(config: Pick<MountConfig, 'models' | 'interceptors' | 'deadlines'>) {
  const counters = watchedCounters();
  const records: UsageRecord[] = [];
  const mounted = await startInExpress({
    ...QUICK,
    ...config,
    authenticate: () => TEAM,
    keys: [{ key: KEY, principal: TEAM }],
    stores: { counters },
    observers: [{ callEnded: (record) => void records.push(record) }],
  });
  return {
    mounted,
    counters,
    records: (): readonly UsageRecord[] => records,
    /** Waits for what the last client that left takes to be noticed. */
    async settled() {
      await expect.poll(() => mounted.gateway.openCalls).toBe(0);
    },
  };
}

/** All that was ever reserved is either spent or given back, and what is spent is on the records. */
async function expectConservation(counters: WatchedCounters, records: readonly UsageRecord[]): Promise<void> {
  let reserved = 0;
  let spent = 0;
  let released = 0;
  for (const { requests, settlements } of counters.reservations) {
    expect(settlements).toHaveLength(1);
    const amount = requests[0]?.amount as number;
    const actual = settlements[0]?.[0] as number;
    reserved += amount;
    spent += actual;
    released += amount - actual;
  }
  expect(reserved).toBe(spent + released);
  expect(counters.reservations).toHaveLength(records.length);
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  expect(await counters.read(COUNTER)).toEqual({ used: spent, reserved: 0 });
  expect(records.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd as number), 0)).toBe(spent);
}

function limitHeaders(response: Response): Record<string, string> {
  return Object.fromEntries(
    [...response.headers].filter(([name]) => /^(x-ratelimit|retry-after|x-should-retry)/.test(name)),
  );
}
