import { isJsonObject, type JsonObject } from '../encoding/json.js';
import type { Usage } from './usage.js';

/**
 * Reads the `usage` object of the Messages API into disjoint buckets: its input count excludes tokens read from or
 * written to the cache. Undefined if there is none (R-SP-1, R-SP-4).
 */
export function usageOfMessages(usage: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const parts = [usage, ...compactions(usage.iterations)];
  const all = (name: string) => parts.reduce((sum, part) => sum + count(part[name]), 0);
  const inputTokens = all('input_tokens');
  const cacheReadTokens = all('cache_read_input_tokens');
  const writtenTokens = all('cache_creation_input_tokens');
  const completionTokens = all('output_tokens');
  if (inputTokens + cacheReadTokens + writtenTokens + completionTokens === 0) return undefined;

  const cacheWriteHourTokens = Math.min(
    writtenTokens,
    parts.reduce((sum, part) => sum + hourOf(part), 0),
  );
  const details = usage.output_tokens_details;
  const reasoningTokens = Math.min(isJsonObject(details) ? count(details.thinking_tokens) : 0, completionTokens);
  return {
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens: writtenTokens - cacheWriteHourTokens,
    cacheWriteHourTokens,
    outputTokens: completionTokens - reasoningTokens,
    reasoningTokens,
    audioInputTokens: 0,
    audioOutputTokens: 0,
    estimated: false,
  };
}

/** The top-level counts are those of the answer; compaction of the conversation before it is billed in addition. */
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
