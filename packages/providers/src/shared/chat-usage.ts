import { type JsonObject, type Usage, usageOfAnswer } from '@portico/core';

/** What an answer cost, for the client and for the ledger. */
export interface ChatUsage {
  /** As the chat wire shows it. */
  readonly shown: JsonObject;
  readonly buckets: Usage;
}

/** What a vendor counted: cached tokens are among the input, reasoning among the output. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly reasoning?: number;
}

/** The counts in the chat wire's words; undefined where nothing was counted. */
export function chatUsage({ input, output, cached = 0, reasoning = 0 }: TokenCounts): ChatUsage | undefined {
  const shown = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: Math.min(cached, input) } } : {}),
    ...(reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: Math.min(reasoning, output) } } : {}),
  };
  const buckets = usageOfAnswer(shown);
  return buckets === undefined ? undefined : { shown, buckets };
}

/** A count that is one: vendors leave them out, and servers in between send strange things. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value) : 0;
}
