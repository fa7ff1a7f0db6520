import type { JsonObject, Usage } from '@portico/core';
import { usageOfAnswer } from '@portico/core/provider';

/** The usage of an answer, for the client and for the ledger. */
export interface ChatUsage {
  /** In the format of the chat API. */
  readonly shown: JsonObject;
  readonly buckets: Usage;
}

/** The vendor's counts: cached tokens are included in the input, reasoning in the output. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  readonly reasoning?: number;
}

/** The counts in the format of the chat API; undefined if nothing was counted. */
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

/** A valid count: vendors leave them out, and servers in between send strange values. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value) : 0;
}
