import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PriceSheet } from '../usage/price.js';
import { NO_USAGE, totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { costOf, worstCaseOf } from './cost.js';

const FREE: PriceSheet = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWriteHour: 0,
  reasoning: 0,
  audioInput: 0,
  audioOutput: 0,
  perRequest: 0,
  tiers: [],
  version: 'test',
};

describe('costOf', () => {
  it('prices every bucket by its own rate', () => {
    const sheet: PriceSheet = {
      ...FREE,
      input: 1e9,
      output: 2e9,
      cacheRead: 3e9,
      cacheWrite: 4e9,
      cacheWriteHour: 5e9,
      reasoning: 6e9,
      audioInput: 7e9,
      audioOutput: 8e9,
      perRequest: 9,
    };
    const usage: Usage = {
      inputTokens: 1,
      outputTokens: 10,
      cacheReadTokens: 100,
      cacheWriteTokens: 1_000,
      cacheWriteHourTokens: 10_000,
      reasoningTokens: 100_000,
      audioInputTokens: 1_000_000,
      audioOutputTokens: 10_000_000,
      estimated: false,
    };
    expect(costOf(usage, sheet)).toBe(87_654_321_009);
  });

  it('knows what half a cent is: 1,000 tokens at $0.0375 a million are 37,500 nano-dollars', () => {
    expect(costOf({ ...NO_USAGE, inputTokens: 1_000 }, { ...FREE, input: 37_500_000 })).toBe(37_500);
  });

  it('rounds up once, at the end', () => {
    const sheet = { ...FREE, input: 1, output: 1 };
    expect(costOf({ ...NO_USAGE, inputTokens: 1, outputTokens: 1 }, sheet)).toBe(1);
    expect(costOf({ ...NO_USAGE, inputTokens: 500_000, outputTokens: 500_001 }, sheet)).toBe(2);
    expect(costOf(NO_USAGE, sheet)).toBe(0);
  });

  it('charges the whole call by the tier that its whole input, cached or not, has crossed', () => {
    const dear = { ...FREE, input: 4e9, cacheRead: 2e9, output: 8e9, aboveInputTokens: 200_000 };
    const dearest = { ...dear, input: 40e9, aboveInputTokens: 500_000 };
    const sheet = { ...FREE, input: 2e9, cacheRead: 1e9, output: 4e9, tiers: [dear, dearest] };
    const usage = { ...NO_USAGE, inputTokens: 100_000, cacheReadTokens: 100_000, outputTokens: 1_000 };
    expect(costOf(usage, sheet)).toBe(304_000_000);
    expect(costOf({ ...usage, cacheReadTokens: 100_001 }, sheet)).toBe(400_000_000 + 200_002_000 + 8_000_000);
    expect(costOf({ ...usage, inputTokens: 500_000 }, sheet)).toBe(20_000_000_000 + 200_000_000 + 8_000_000);
  });

  it('agrees with arbitrary precision, for calls of any size', () => {
    fc.assert(
      fc.property(anyUsage(1e9), anySheet(1e12), (usage, sheet) => {
        const cost = costOf(usage, sheet);
        expect(cost).toBe(Number(reference(usage, sheet)));
        expect(Number.isSafeInteger(cost)).toBe(true);
      }),
    );
  });

  it('is additive but for the one nano-dollar of rounding', () => {
    fc.assert(
      fc.property(anyUsage(1e6), anyUsage(1e6), anySheet(1e11), (one, other, sheet) => {
        const apart = costOf(one, sheet) + costOf(other, sheet);
        const together = costOf(sum(one, other), sheet);
        expect(together).toBeLessThanOrEqual(apart);
        expect(together).toBeGreaterThanOrEqual(apart - 1);
      }),
    );
  });

  it('never falls when a call uses more, across tiers too', () => {
    fc.assert(
      fc.property(anyUsage(1e6), anyUsage(1e6), anySheet(1e11), fc.nat(2e6), (usage, more, base, aboveInputTokens) => {
        const sheet = { ...base, tiers: [{ ...doubled(base), aboveInputTokens }] };
        expect(costOf(sum(usage, more), sheet)).toBeGreaterThanOrEqual(costOf(usage, sheet));
      }),
    );
  });

  it('makes an amount of money of any nonsense a vendor may report', () => {
    const nonsense = fc.oneof(fc.double(), fc.integer());
    fc.assert(
      fc.property(fc.record(eachBucket(nonsense)), anySheet(1e12), (buckets, sheet) => {
        const cost = costOf({ ...buckets, estimated: false }, sheet);
        expect(Number.isSafeInteger(cost) && cost >= 0).toBe(true);
      }),
    );
  });
});

describe('worstCaseOf', () => {
  it('is never below what the same number of tokens turns out to cost', () => {
    fc.assert(
      fc.property(anyUsage(1e6), anySheet(1e11), fc.nat(1e6), (usage, base, perRequest) => {
        const sheet = { ...base, perRequest };
        const worst = worstCaseOf(totalInputTokens(usage), totalOutputTokens(usage), sheet);
        expect(costOf(usage, sheet)).toBeLessThanOrEqual(worst + rounding(worst));
      }),
    );
  });
});

// Sums above 2^53 millionths of a nano-dollar, nine dollars, are bounds with fifteen digits.
function rounding(worst: number): number {
  return worst > 9e9 ? worst * 1e-14 + 1 : 0;
}

function reference(usage: Usage, sheet: PriceSheet): bigint {
  const sum = [
    [usage.inputTokens, sheet.input],
    [usage.outputTokens, sheet.output],
    [usage.cacheReadTokens, sheet.cacheRead],
    [usage.cacheWriteTokens, sheet.cacheWrite],
    [usage.cacheWriteHourTokens, sheet.cacheWriteHour],
    [usage.reasoningTokens, sheet.reasoning],
    [usage.audioInputTokens, sheet.audioInput],
    [usage.audioOutputTokens, sheet.audioOutput],
  ].reduce((total, [tokens, rate]) => total + BigInt(tokens as number) * BigInt(rate as number), 0n);
  return sum / 1_000_000n + (sum % 1_000_000n > 0n ? 1n : 0n);
}

function eachBucket<T>(each: fc.Arbitrary<T>) {
  return {
    inputTokens: each,
    outputTokens: each,
    cacheReadTokens: each,
    cacheWriteTokens: each,
    cacheWriteHourTokens: each,
    reasoningTokens: each,
    audioInputTokens: each,
    audioOutputTokens: each,
  };
}

function anyUsage(most: number): fc.Arbitrary<Usage> {
  return fc.record(eachBucket(fc.nat(most))).map((buckets) => ({ ...buckets, estimated: false }));
}

function anySheet(most: number): fc.Arbitrary<PriceSheet> {
  const rate = fc.nat(most);
  return fc
    .record({
      input: rate,
      output: rate,
      cacheRead: rate,
      cacheWrite: rate,
      cacheWriteHour: rate,
      reasoning: rate,
      audioInput: rate,
      audioOutput: rate,
    })
    .map((rates) => ({ ...FREE, ...rates }));
}

function sum(one: Usage, other: Usage): Usage {
  const buckets = Object.keys(eachBucket(0 as never)) as (keyof ReturnType<typeof eachBucket>)[];
  return { ...one, ...Object.fromEntries(buckets.map((bucket) => [bucket, one[bucket] + other[bucket]])) };
}

function doubled(sheet: PriceSheet): PriceSheet {
  const rates = Object.entries(sheet).map(([name, rate]) => [name, typeof rate === 'number' ? rate * 2 : rate]);
  return Object.fromEntries(rates) as PriceSheet;
}
