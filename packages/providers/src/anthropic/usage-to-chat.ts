import {
  isJsonObject,
  type JsonObject,
  totalInputTokens,
  totalOutputTokens,
  type Usage,
  usageOfMessages,
} from '@portico/core';

/** What one answer used, for accounting and for the client. */
export interface ChatUsage {
  readonly buckets: Usage;
  /** OpenAI's `usage` object, with the vendor's cache counts under the names that clients of both know. */
  readonly shown: JsonObject;
}

/**
 * Reads the wire's `usage`, whose input count leaves out what came from or went to the cache, while OpenAI's holds it.
 * Undefined where the vendor did not count.
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

/** What a stream has said of its usage so far. Counts are running totals: the last one holds, and null says nothing. */
export function updateUsage(known: JsonObject, said: unknown): JsonObject {
  if (!isJsonObject(said)) return known;
  const updated = { ...known };
  for (const [name, value] of Object.entries(said)) if (value !== null) updated[name] = value;
  return updated;
}
