import { isJsonObject, type JsonObject, totalInputTokens, totalOutputTokens, type Usage } from '@portico/core';
import { usageOfMessages } from '@portico/core/provider';

/** The usage of one answer, for accounting and for the client. */
export interface ChatUsage {
  readonly buckets: Usage;
  /** OpenAI's `usage` object, with the vendor's cache counts under the names that clients of both know. */
  readonly shown: JsonObject;
}

/**
 * Reads the API's `usage`, whose input count excludes tokens read from or written to the cache, while OpenAI's
 * includes them. Undefined if the vendor did not count.
 */
export function usageToChat(usage: JsonObject): ChatUsage | undefined {
  const buckets = usageOfMessages(usage);
  if (buckets === undefined) return undefined;
  const { cacheReadTokens, cacheWriteTokens, cacheWriteHourTokens, reasoningTokens } = buckets;
  const promptTokens = totalInputTokens(buckets);
  const completionTokens = totalOutputTokens(buckets);
  const writtenTokens = cacheWriteTokens + cacheWriteHourTokens;
  return {
    buckets,
    shown: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: {
        cached_tokens: cacheReadTokens,
        cache_write_tokens: writtenTokens,
        cache_creation_tokens: writtenTokens,
      },
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
      cache_read_input_tokens: cacheReadTokens,
      cache_creation_input_tokens: writtenTokens,
      cache_creation: {
        ephemeral_5m_input_tokens: cacheWriteTokens,
        ephemeral_1h_input_tokens: cacheWriteHourTokens,
      },
      ...(isJsonObject(usage.server_tool_use) ? { server_tool_use: usage.server_tool_use } : {}),
    },
  };
}

/** The usage of a stream so far. Counts are running totals: the last one counts, and null is ignored. */
export function updateUsage(known: JsonObject, said: unknown): JsonObject {
  if (!isJsonObject(said)) return known;
  const updated = { ...known };
  for (const [name, value] of Object.entries(said)) if (value !== null) updated[name] = value;
  return updated;
}
