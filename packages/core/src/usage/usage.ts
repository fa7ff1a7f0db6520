/**
 * What a call consumed, in disjoint buckets: no token is in two of them, and their sum is the vendor's count
 * (R-SP-1). Vendors differ on whether cached tokens are part of the input count; codecs resolve that.
 */
export interface Usage {
  /** Input tokens billed at the full rate: neither read from nor written to a prompt cache, and not audio. */
  readonly inputTokens: number;
  /** Input tokens read from the vendor's prompt cache. */
  readonly cacheReadTokens: number;
  /** Input tokens written to the vendor's prompt cache, kept five minutes (or the vendor's only lifetime). */
  readonly cacheWriteTokens: number;
  /** Input tokens written to the vendor's prompt cache, kept one hour. */
  readonly cacheWriteHourTokens: number;
  /** Visible output tokens, without reasoning and audio. */
  readonly outputTokens: number;
  /** Output tokens spent on reasoning. */
  readonly reasoningTokens: number;
  readonly audioInputTokens: number;
  readonly audioOutputTokens: number;
  /** True if the vendor reported nothing and the gateway estimated it. */
  readonly estimated: boolean;
}

/** Nothing consumed; the base to spread over. */
export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteHourTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
  estimated: false,
};

/** All input tokens, as OpenAI's `prompt_tokens` counts them. */
export function totalInputTokens(usage: Usage): number {
  return (
    usage.inputTokens +
    usage.cacheReadTokens +
    usage.cacheWriteTokens +
    usage.cacheWriteHourTokens +
    usage.audioInputTokens
  );
}

/** All output tokens, as OpenAI's `completion_tokens` counts them. */
export function totalOutputTokens(usage: Usage): number {
  return usage.outputTokens + usage.reasoningTokens + usage.audioOutputTokens;
}

/** What two attempts consumed together. */
export function sumOfUsage(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
    cacheWriteHourTokens: one.cacheWriteHourTokens + other.cacheWriteHourTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    audioInputTokens: one.audioInputTokens + other.audioInputTokens,
    audioOutputTokens: one.audioOutputTokens + other.audioOutputTokens,
    estimated: one.estimated || other.estimated,
  };
}
