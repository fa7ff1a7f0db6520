import { isJsonObject, type JsonObject, type Usage } from '@portico/core';

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
  const compacted = compactions(usage.iterations);
  const all = (name: string) =>
    count(usage[name]) + compacted.reduce((sum, iteration) => sum + count(iteration[name]), 0);
  const inputTokens = all('input_tokens');
  const cacheReadTokens = all('cache_read_input_tokens');
  const writtenTokens = all('cache_creation_input_tokens');
  const completionTokens = all('output_tokens');
  const promptTokens = inputTokens + cacheReadTokens + writtenTokens;
  if (promptTokens + completionTokens === 0) return undefined;

  const cacheWriteHourTokens = Math.min(
    writtenTokens,
    [usage, ...compacted].reduce((sum, part) => sum + hourOf(part), 0),
  );
  const cacheWriteTokens = writtenTokens - cacheWriteHourTokens;
  const details = usage.output_tokens_details;
  const thought = isJsonObject(details) ? count(details.thinking_tokens) : 0;
  const reasoningTokens = Math.min(thought, completionTokens);
  return {
    buckets: {
      inputTokens,
      cacheReadTokens,
      cacheWriteTokens,
      cacheWriteHourTokens,
      outputTokens: completionTokens - reasoningTokens,
      reasoningTokens,
      audioInputTokens: 0,
      audioOutputTokens: 0,
      estimated: false,
    },
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

/** The counts at the top hold the answer itself; shortening the conversation before it is billed besides. */
function compactions(iterations: unknown): JsonObject[] {
  return Array.isArray(iterations)
    ? (iterations as unknown[]).filter(isJsonObject).filter(({ type }) => type === 'compaction')
    : [];
}

function hourOf(usage: JsonObject): number {
  return isJsonObject(usage.cache_creation) ? count(usage.cache_creation.ephemeral_1h_input_tokens) : 0;
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value) : 0;
}
