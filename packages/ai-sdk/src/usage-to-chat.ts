import type { LanguageModelV2Usage, LanguageModelV3Usage } from '@ai-sdk/provider';
import type { JsonObject } from '@portico/core';

/** The usage of an answer, in the format of chat; undefined if the model reports none. */
export function usageToChat(usage: LanguageModelV2Usage | LanguageModelV3Usage | undefined): JsonObject | undefined {
  const { input, output, cached, written, reasoning } = countsOf(usage);
  if (input === undefined && output === undefined) return undefined;
  return {
    prompt_tokens: input ?? 0,
    completion_tokens: output ?? 0,
    total_tokens: (input ?? 0) + (output ?? 0),
    ...((cached || written) && {
      prompt_tokens_details: {
        ...(cached && { cached_tokens: cached }),
        ...(written && { cache_write_tokens: written }),
      },
    }),
    ...(reasoning && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

interface Counts {
  /** Including tokens read from and written to the cache. */
  readonly input?: number | undefined;
  /** Including reasoning. */
  readonly output?: number | undefined;
  readonly cached?: number | undefined;
  readonly written?: number | undefined;
  readonly reasoning?: number | undefined;
}

function countsOf(usage: LanguageModelV2Usage | LanguageModelV3Usage | undefined): Counts {
  if (usage === undefined) return {};
  const { inputTokens: input, outputTokens: output } = usage;
  if (typeof input === 'object' && typeof output === 'object') {
    const { total, cacheRead: cached, cacheWrite: written } = input;
    return { input: total, output: output.total, cached, written, reasoning: output.reasoning };
  }
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage as LanguageModelV2Usage; // just distinguished
  return { input: inputTokens, output: outputTokens, cached: cachedInputTokens, reasoning: reasoningTokens };
}
