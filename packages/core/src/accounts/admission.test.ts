import { type FakeClock, fakeClock } from '@portico/testing';
import { describe, expect, it, type MockInstance, vi } from 'vitest';
import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import type { RequestSummary } from '../operation.js';
import { sheetFromConfig } from '../pricing/price-sheet.js';
import type { Principal } from '../principal.js';
import type { ReplyHeaders } from '../reply.js';
import type { PriceConfig } from '../settings/gateway-config.js';
import type { CounterStore } from '../store.js';
import { principalKey } from '../usage/counter-key.js';
import { NO_USAGE } from '../usage/usage.js';
import { type AdmissionDeps, createAdmission } from './admission.js';
import { memoryCounters } from './counters/memory-counters.js';
import type { Ticket } from './reservation.js';

// 290 characters are 107 tokens by the estimate: 97 and 10 around them.
const SUMMARY: RequestSummary = {
  model: 'fast',
  stream: false,
  wantsUsage: false,
  inputCharacters: 290,
  inputAttachments: 0,
  maxOutputTokens: 93,
  answers: 1,
};
const USED_50 = { ...NO_USAGE, inputTokens: 20, cacheReadTokens: 10, outputTokens: 15, reasoningTokens: 5 };

describe('createAdmission', () => {
  it('asks the store nothing for a principal without limits', async () => {
    const { admit, reserve } = await start();
    const ticket = admit({ id: 'ann' });
    expect(ticket.headers).toEqual([]);
    ticket.settle(USED_50, 10);
    expect(admit({ id: 'ann', limits: {} }).headers).toEqual([]);
    expect(reserve).not.toHaveBeenCalled();
  });

  it('reserves all limits in one step', async () => {
    const { admit, reserve, counters } = await start();
    admit({
      id: 'ann',
      limits: { requestsPerMinute: 10, tokensPerMinute: 1_000, concurrentCalls: 2 },
      budget: { usd: 1 },
    });
    expect(reserve).toHaveBeenCalledTimes(1);
    expect(state(counters, 'requests:minute', 'ann')).toEqual({ used: 0, reserved: 1 });
    expect(state(counters, 'tokens:minute', 'ann')).toEqual({ used: 0, reserved: 200 });
    expect(state(counters, 'calls:total', 'ann')).toEqual({ used: 0, reserved: 1 });
    // 107 tokens at $1 and 93 at $2 a million.
    expect(state(counters, 'budget:month', 'ann')).toEqual({ used: 0, reserved: 293_000 });
  });

  it('settles to what was used: tokens and money come back, the request stays counted', async () => {
    const { admit, counters } = await start();
    const limits = { requestsPerMinute: 10, tokensPerMinute: 1_000, concurrentCalls: 2 };
    const ticket = admit({ id: 'ann', limits, budget: { usd: 1 } });
    ticket.settle(USED_50, 123);
    ticket.settle({ ...USED_50, inputTokens: 900 }, 999_999);
    expect(state(counters, 'requests:minute', 'ann')).toEqual({ used: 1, reserved: 0 });
    expect(state(counters, 'tokens:minute', 'ann')).toEqual({ used: 50, reserved: 0 });
    expect(state(counters, 'calls:total', 'ann')).toEqual({ used: 0, reserved: 0 });
    expect(state(counters, 'budget:month', 'ann')).toEqual({ used: 123, reserved: 0 });

    admit({ id: 'ann', limits, budget: { usd: 1 } }).settle(undefined, undefined);
    expect(state(counters, 'requests:minute', 'ann')).toEqual({ used: 2, reserved: 0 });
    expect(state(counters, 'tokens:minute', 'ann')).toEqual({ used: 50, reserved: 0 });
    expect(state(counters, 'budget:month', 'ann')).toEqual({ used: 123, reserved: 0 });
  });

  it('tells what is left in the headers of OpenAI (c09)', async () => {
    const { admit, clock } = await start();
    await clock.advance(17_400);
    const limits = { requestsPerMinute: 10, tokensPerMinute: 1_000, concurrentCalls: 2 };
    expect(pairs(admit({ id: 'ann', limits }))).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '43s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '800',
      'x-ratelimit-reset-tokens': '43s',
    });
    await clock.advance(42_350);
    expect(pairs(admit({ id: 'bob', limits: { requestsPerMinute: 1 } }))).toEqual({
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '250ms',
    });
    await clock.advance(250);
    expect(pairs(admit({ id: 'bob', limits: { requestsPerMinute: 1 } }))['x-ratelimit-reset-requests']).toBe('1m0s');
  });

  it('refuses the request too many until the next minute, with a Retry-After (c09)', async () => {
    const { admit, clock } = await start();
    const ann = { id: 'ann', limits: { requestsPerMinute: 2 } };
    await clock.advance(20_000);
    admit(ann);
    admit(ann);
    const refusal = refused(() => admit(ann));
    expect(refusal).toMatchObject({
      kind: 'over_rate_limit',
      status: 429,
      code: 'rate_limit_exceeded',
      retryAfterMs: 40_000,
    });
    expect(refusal.message).toContain('2 requests per minute');
    expect(refusal.message).toContain('40 s');
    expect(pairs(refusal)['x-ratelimit-remaining-requests']).toBe('0');

    await clock.advance(40_000);
    expect(pairs(admit(ann))['x-ratelimit-remaining-requests']).toBe('1');
  });

  it('refuses a call that may need more tokens than are left, and says how many it needs', async () => {
    const { admit, counters } = await start();
    const ann = { id: 'ann', limits: { requestsPerMinute: 10, tokensPerMinute: 300 } };
    admit(ann);
    const refusal = refused(() => admit(ann));
    expect(refusal).toMatchObject({ code: 'rate_limit_exceeded', retryAfterMs: 60_000 });
    expect(refusal.message).toMatch(/300 tokens per minute.* need 200.* 100 are left/);
    expect(state(counters, 'requests:minute', 'ann')).toEqual({ used: 0, reserved: 1 });
  });

  it('promises no later room to a call that needs more than the whole limit', async () => {
    const { admit } = await start();
    const refusal = refused(() => admit({ id: 'ann', limits: { tokensPerMinute: 100 } }));
    expect(refusal.retryAfterMs).toBeUndefined();
    const broke = refused(() => admit({ id: 'ann', budget: { usd: 0.000001 } }));
    expect(broke.retryAfterMs).toBeUndefined();
  });

  it('lets so many calls run at a time, and the next when one has ended', async () => {
    const { admit } = await start();
    const ann = { id: 'ann', limits: { concurrentCalls: 2 } };
    const first = admit(ann);
    expect(first.headers).toEqual([]);
    admit(ann);
    const refusal = refused(() => admit(ann));
    expect(refusal).toMatchObject({ kind: 'over_rate_limit', retryAfterMs: 1_000 });
    expect(refusal.message).toContain('2 concurrent calls');
    first.settle(undefined, undefined);
    expect(() => admit(ann)).not.toThrow();
  });

  it('admits no more than a budget can pay in the worst case, however many ask at once (R-BUD-1)', async () => {
    const { admit, counters } = await start();
    const ann = { id: 'ann', budget: { usd: 0.01 } };
    const tickets: Ticket[] = [];
    for (let caller = 0; caller < 200; caller++) {
      try {
        tickets.push(admit(ann));
      } catch (error) {
        expect((error as GatewayError).kind).toBe('over_budget');
      }
    }
    expect(tickets).toHaveLength(34); // of $0.000293 each
    for (const ticket of tickets) ticket.settle(USED_50, 293_000);
    expect(state(counters, 'budget:month', 'ann')).toEqual({ used: 34 * 293_000, reserved: 0 });
  });

  it('refuses over budget with what is spent, the budget and when it starts anew (R-BUD-5)', async () => {
    const { admit, clock } = await start();
    const ann: Principal = { id: 'ann', budget: { usd: 2, per: 'day' } };
    admit(ann).settle(USED_50, 1_999_900_000);
    await clock.advance(3_600_000);
    const refusal = refused(() => admit(ann));
    expect(refusal).toMatchObject({ kind: 'over_budget', code: 'insufficient_quota', retryAfterMs: 23 * 3_600_000 });
    expect(refusal.message).toBe(
      'Over the budget of $2.00 per day: $2.00 is spent or reserved and this call may cost up to $0.000293. It resets at 2026-01-02T00:00:00.000Z.',
    );
    await clock.advance(23 * 3_600_000);
    expect(() => admit(ann)).not.toThrow();
  });

  it('never lets a total budget start anew, and asks nobody to try again', async () => {
    const { admit, clock } = await start();
    const ann: Principal = { id: 'ann', budget: { usd: 2, per: 'total' } };
    admit(ann).settle(USED_50, 2_000_000_000);
    await clock.advance(400 * 86_400_000);
    const refusal = refused(() => admit(ann));
    expect(refusal.retryAfterMs).toBeUndefined();
    expect(refusal.message).toContain('Over the budget of $2.00 in total: $2.00 is spent');
    expect(refusal.message).not.toContain('anew');
  });

  it('gives principals without limits of their own the default ones, and only those', async () => {
    const { admit } = await start({ defaults: { limits: { requestsPerMinute: 1 }, budget: { usd: 0 } } });
    expect(refused(() => admit({ id: 'ann' })).kind).toBe('over_budget');
    const generous = { id: 'bob', limits: { tokensPerMinute: 1_000 }, budget: { usd: 5 } };
    admit(generous);
    expect(Object.keys(pairs(admit(generous)))).not.toContain('x-ratelimit-limit-requests');
  });

  it('keeps the limits of principals apart', async () => {
    const { admit } = await start();
    admit({ id: 'ann', limits: { requestsPerMinute: 1 } });
    expect(() => admit({ id: 'bob', limits: { requestsPerMinute: 1 } })).not.toThrow();
  });

  it('reserves for the dearest deployment the call may end up at', async () => {
    const cheap = deploymentOf('cheap', { input: 1, output: 2 });
    const dear = deploymentOf('dear', { input: 10, output: 20 });
    const dearest = deploymentOf('dearest', { input: 100, output: 200 });
    const embedder = { ...deploymentOf('embedder', { input: 1e6, output: 1e6 }), codecs: { embeddings: {} as never } };
    const groups = [
      groupOf('fast', [cheap, embedder], { contextFallbacks: ['long'] }),
      groupOf('long', [dear], { fallbacks: ['gold', 'fast'] }),
      groupOf('gold', [dearest]),
    ];
    const { admit, counters } = await start({ groups });
    admit({ id: 'all', budget: { usd: 1 } });
    expect(state(counters, 'budget:month', 'all').reserved).toBe(29_300_000);
    admit({ id: 'some', models: ['fast', 'long'], budget: { usd: 1 } });
    expect(state(counters, 'budget:month', 'some').reserved).toBe(2_930_000);
  });

  it('reserves the longest answer there can be where the client sets no bound', async () => {
    const { admit, counters } = await start();
    admit({ id: 'ann', limits: { tokensPerMinute: 10_000 }, budget: { usd: 1 } }, { maxOutputTokens: undefined });
    expect(state(counters, 'tokens:minute', 'ann').reserved).toBe(107 + 4_096);
    expect(state(counters, 'budget:month', 'ann').reserved).toBe(107_000 + 2 * 4_096_000);
  });

  it('refuses a model under a budget whose price nobody knows, and tells the operator which (R-SP-5)', async () => {
    const groups = [
      groupOf('fast', [deploymentOf('fast/0:x', { input: 1, output: 2 }), deploymentOf('fast/1:y', undefined)]),
    ];
    const { admit, reserve } = await start({ groups });
    const refusal = refused(() => admit({ id: 'ann', budget: { usd: 1 } }));
    expect(refusal).toMatchObject({ kind: 'forbidden', code: 'price_unknown' });
    expect(refusal.message).not.toContain('fast/1:y');
    expect(String(refusal.cause)).toContain('"fast/1:y"');
    expect(reserve).not.toHaveBeenCalled();
    expect(() => admit({ id: 'ann', limits: { tokensPerMinute: 1_000 } })).not.toThrow();
  });

  it('keeps a budget by the known prices where the configuration allows unknown ones', async () => {
    const groups = [groupOf('fast', [deploymentOf('a', { input: 1, output: 2 }), deploymentOf('b', undefined)])];
    const { admit, counters } = await start({ groups, unknownPrice: 'allow' });
    admit({ id: 'ann', budget: { usd: 1 } }).settle(USED_50, undefined);
    expect(state(counters, 'budget:month', 'ann')).toEqual({ used: 0, reserved: 0 });
  });

  it('holds its reservation longer than the call may last', async () => {
    const { admit, reserve } = await start();
    admit({ id: 'ann', limits: { concurrentCalls: 1 } });
    expect(reserve).toHaveBeenCalledWith(expect.anything(), 660_000);
  });

  it('is not opened and not closed by a clock that jumps (h05)', async () => {
    const { admit, clock } = await start();
    const ann: Principal = { id: 'ann', limits: { requestsPerMinute: 1 }, budget: { usd: 0.0003, per: 'day' } };
    const startedAt = clock.now();
    admit(ann).settle(USED_50, 293_000);
    clock.set(startedAt + 30 * 86_400_000);
    admit(ann).settle(USED_50, 293_000);
    expect(() => admit(ann)).toThrow();
    clock.set(startedAt - 86_400_000);
    admit(ann).settle(USED_50, 293_000);
    expect(() => admit(ann)).toThrow();
  });

  it('works with a store that answers later', async () => {
    const counters = memoryCounters(fakeClock());
    const slowed: CounterStore = { ...counters, reserve: async (...asked) => counters.reserve(...asked) };
    const { admitLater } = await start({ counters: slowed });
    const ann = { id: 'ann', limits: { requestsPerMinute: 1 } };
    const ticket = await admitLater(ann);
    ticket.settle(USED_50, undefined);
    await expect(admitLater(ann)).rejects.toMatchObject({ kind: 'over_rate_limit' });
  });

  it.each([
    ['throws', throwing],
    ['rejects', rejecting],
  ])('refuses, and never with a 401, where the store %s (h02)', async (_, reserve) => {
    const { admitLater } = await start({ counters: { ...memoryCounters(fakeClock()), reserve } });
    await expect(admitLater({ id: 'ann', limits: { requestsPerMinute: 1 } })).rejects.toMatchObject({
      kind: 'unavailable',
      cause: { message: 'connection lost' },
    });
  });

  it.each([
    ['throws', throwing],
    ['rejects', rejecting],
  ])('tells of a settlement during which the store %s, and never throws itself', async (_, settle) => {
    const onStoreFailure = vi.fn();
    const { admit } = await start({ counters: { ...memoryCounters(fakeClock()), settle }, onStoreFailure });
    admit({ id: 'ann', limits: { requestsPerMinute: 1 } }).settle(USED_50, 1);
    await new Promise(setImmediate);
    expect(onStoreFailure).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'connection lost' }));
  });

  it('does not let a nonsensical amount into a counter', async () => {
    const { admit, counters } = await start();
    const ann = { id: 'ann', limits: { tokensPerMinute: 1_000 }, budget: { usd: 1 } };
    admit(ann).settle({ ...USED_50, outputTokens: Number.NaN }, Number.POSITIVE_INFINITY);
    expect(state(counters, 'tokens:minute', 'ann')).toEqual({ used: 0, reserved: 0 });
    expect(state(counters, 'budget:month', 'ann')).toEqual({ used: 0, reserved: 0 });
  });
});

interface Started {
  /** For a store that answers at once. */
  admit(principal: Principal, summary?: Partial<RequestSummary>): Ticket;
  admitLater(principal: Principal): Promise<Ticket>;
  readonly counters: CounterStore;
  readonly clock: FakeClock;
  readonly reserve: MockInstance<CounterStore['reserve']>;
}

/** An admission with the clock at the beginning of a month, and calls for the first of its groups. */
async function start(
  deps: Partial<Omit<AdmissionDeps, 'findGroup'>> & { readonly groups?: readonly ModelGroup[] } = {},
): Promise<Started> {
  const clock = fakeClock();
  const counters = deps.counters ?? memoryCounters(clock);
  const reserve = vi.spyOn(counters, 'reserve');
  const { groups = [groupOf('fast', [deploymentOf('fast/0', { input: 1, output: 2 })])], ...others } = deps;
  const admission = createAdmission({
    clock,
    defaults: undefined,
    unknownPrice: 'refuse',
    priceCatalog: { load: () => Promise.resolve(), sheetOf: (deployment) => deployment.price },
    ...others,
    counters,
    findGroup: (name) => groups.find((group) => group.name === name),
  });
  // Admission reads these fields of a call and no others.
  const callOf = (principal: Principal, summary: Partial<RequestSummary> = {}) =>
    ({
      principal,
      summary: { ...SUMMARY, ...summary },
      operation: { name: 'chat.completions' },
      group: groups[0],
      maxDurationMs: groups[0]?.totalMs,
    }) as unknown as Call;
  return {
    counters,
    clock,
    reserve,
    admit: (principal, summary) => admission.admit(callOf(principal, summary)) as Ticket,
    admitLater: async (principal) => admission.admit(callOf(principal)),
  };
}

function groupOf(name: string, deployments: readonly Deployment[], fallbacks: Partial<ModelGroup> = {}): ModelGroup {
  return {
    name,
    deployments,
    // Where the route leads first is none of admission's business.
    route: undefined as unknown as ModelGroup['route'],
    references: [],
    fallbacks: [],
    contextFallbacks: [],
    contentFallbacks: [],
    retries: { maxRetries: 0, baseDelayMs: 0, maxDelayMs: 0 },
    totalMs: 600_000,
    recovery: undefined,
    initialBuffer: undefined,
    ...fallbacks,
  };
}

function deploymentOf(id: string, price: PriceConfig | undefined): Deployment {
  return {
    id,
    baseModel: 'some-model',
    codecs: { 'chat.completions': {} },
    connection: {},
    price: price && sheetFromConfig(price),
    configuredMaxOutputTokens: undefined,
    maxOutputTokens: 4_096,
  } as unknown as Deployment;
}

/** What stands in the principal's counter of that kind now. */
function state(counters: CounterStore, kind: string, id: string): { used: number; reserved: number } {
  const month = Date.UTC(2026, 0, 1);
  const key = kind.endsWith(':total') ? `${kind}:${principalKey(id)}` : `${kind}:${month}:${principalKey(id)}`;
  return counters.read(key) as { used: number; reserved: number };
}

function pairs({ headers }: { readonly headers: ReplyHeaders }): Record<string, string> {
  const named: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) named[headers[at] as string] = headers[at + 1] as string;
  return named;
}

function refused(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function throwing(): never {
  throw new Error('connection lost');
}

function rejecting(): Promise<never> {
  return Promise.reject(new Error('connection lost'));
}
