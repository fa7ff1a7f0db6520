import type { PriceSheet } from '../usage/price.js';
import { totalInputTokens, type Usage } from '../usage/usage.js';

/**
 * The cost of a usage: integer nano-dollars, summed exactly and rounded up once. A tier applies to the whole call
 * once its input, cached or not, exceeds the tier's bound, as vendors bill it.
 */
export function costOf(usage: Usage, sheet: PriceSheet): number {
  const rates = ratesFor(totalInputTokens(usage), sheet);
  const sum =
    usage.inputTokens * rates.input +
    usage.cacheReadTokens * rates.cacheRead +
    usage.cacheWriteTokens * rates.cacheWrite +
    usage.cacheWriteHourTokens * rates.cacheWriteHour +
    usage.outputTokens * rates.output +
    usage.reasoningTokens * rates.reasoning +
    usage.audioInputTokens * rates.audioInput +
    usage.audioOutputTokens * rates.audioOutput;
  // Below 2^53 no product and no partial sum loses a digit. That covers all calls below nine dollars.
  const perTokens = sum <= Number.MAX_SAFE_INTEGER ? millionths(sum) : exactly(usage, rates);
  return Math.min(perTokens + rates.perRequest, Number.MAX_SAFE_INTEGER);
}

/** The highest possible cost of so many tokens, each in its most expensive bucket. */
export function worstCaseOf(inputTokens: number, outputTokens: number, sheet: PriceSheet): number {
  const rates = ratesFor(inputTokens, sheet);
  const input = Math.max(rates.input, rates.cacheRead, rates.cacheWrite, rates.cacheWriteHour, rates.audioInput);
  const output = Math.max(rates.output, rates.reasoning, rates.audioOutput);
  // Above nine dollars a digit is lost in a sum that is an upper bound anyway, so there is no exact branch.
  const perTokens = millionths(inputTokens * input + outputTokens * output);
  return Math.min(perTokens + rates.perRequest, Number.MAX_SAFE_INTEGER);
}

const MILLION = 1_000_000;

type Rates = Omit<PriceSheet, 'tiers' | 'version'>;

function ratesFor(inputTokens: number, sheet: PriceSheet): Rates {
  let rates: Rates = sheet;
  for (const tier of sheet.tiers) {
    if (inputTokens <= tier.aboveInputTokens) break;
    rates = tier;
  }
  return rates;
}

function millionths(sum: number): number {
  if (sum <= 0) return 0;
  const rest = sum % MILLION;
  return (sum - rest) / MILLION + (rest > 0 ? 1 : 0);
}

function exactly(usage: Usage, rates: Rates): number {
  const sum =
    counted(usage.inputTokens) * BigInt(rates.input) +
    counted(usage.cacheReadTokens) * BigInt(rates.cacheRead) +
    counted(usage.cacheWriteTokens) * BigInt(rates.cacheWrite) +
    counted(usage.cacheWriteHourTokens) * BigInt(rates.cacheWriteHour) +
    counted(usage.outputTokens) * BigInt(rates.output) +
    counted(usage.reasoningTokens) * BigInt(rates.reasoning) +
    counted(usage.audioInputTokens) * BigInt(rates.audioInput) +
    counted(usage.audioOutputTokens) * BigInt(rates.audioOutput);
  return Number((sum + BigInt(MILLION - 1)) / BigInt(MILLION));
}

// A vendor's report ends up here too; an absurd count must not make accounting throw.
function counted(tokens: number): bigint {
  return Number.isFinite(tokens) && tokens > 0 ? BigInt(Math.ceil(tokens)) : 0n;
}
