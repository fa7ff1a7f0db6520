import { isJsonObject, type JsonObject } from '../encoding/json.js';
import type { Usage } from './usage.js';

/**
 * Reads the `usage` object of a chat, completion or embedding answer into disjoint buckets that sum to the vendor's
 * total. Undefined if there is none: vendors that do not count send zeros, and no answer is free (R-SP-4).
 */
export function usageOfAnswer(usage: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const total = count(usage.total_tokens);
  const completion = count(usage.completion_tokens) || count(usage.output_tokens);
  // Some embedding vendors send only the total.
  const prompt = count(usage.prompt_tokens) || count(usage.input_tokens) || Math.max(0, total - completion);
  if (prompt + completion === 0) return undefined;

  // Tokens in the total beyond both counts are additional. If one detail has exactly that number, it is that detail;
  // otherwise it is thinking that the vendor bills and does not show.
  const beside = Math.max(0, total - prompt - completion);
  const input = detailsOf(usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.input_token_details);
  const output = detailsOf(
    usage.completion_tokens_details ?? usage.output_tokens_details ?? usage.output_token_details,
  );

  const audioInput = count(input.audio_tokens);
  const audioIsBeside = audioInput > 0 && audioInput === beside;
  const audioInputTokens = audioIsBeside ? audioInput : Math.min(audioInput, prompt);
  const promptText = audioIsBeside ? prompt : prompt - audioInputTokens;

  const cached = cachedTokens(usage, input);
  const written = count(input.cache_write_tokens) || count(usage.cache_creation_input_tokens);
  // More cached tokens than input means that cached tokens are not part of the input; xAI's models do that.
  const cacheIsBeside = cached + written > prompt;
  const cacheReadTokens = cacheIsBeside ? cached : Math.min(cached, promptText);
  const writtenTokens = cacheIsBeside ? written : Math.min(written, promptText - cacheReadTokens);
  const cacheWriteHourTokens = Math.min(writtenTokens, writtenForAnHour(usage));

  const reasoning = count(output.reasoning_tokens);
  const reasoningInside = reasoning === beside ? 0 : Math.min(reasoning, completion);
  const audioOutputTokens = Math.min(count(output.audio_tokens), completion - reasoningInside);
  const unexplained = audioIsBeside || (cacheIsBeside && cached + written === beside) ? 0 : beside;

  return {
    inputTokens: cacheIsBeside ? promptText : promptText - cacheReadTokens - writtenTokens,
    cacheReadTokens,
    cacheWriteTokens: writtenTokens - cacheWriteHourTokens,
    cacheWriteHourTokens,
    outputTokens: completion - reasoningInside - audioOutputTokens,
    reasoningTokens: reasoningInside + unexplained,
    audioInputTokens,
    audioOutputTokens,
    estimated: false,
  };
}

// Chat, responses and audio each have their own name for the same thing.
function detailsOf(found: unknown): JsonObject {
  return isJsonObject(found) ? found : NOTHING;
}

const NOTHING: JsonObject = {};

function cachedTokens(usage: JsonObject, input: JsonObject): number {
  return (
    count(input.cached_tokens) ||
    count(usage.cached_tokens) ||
    count(usage.prompt_cache_hit_tokens) ||
    count(usage.cache_read_input_tokens)
  );
}

function writtenForAnHour(usage: JsonObject): number {
  return isJsonObject(usage.cache_creation) ? count(usage.cache_creation.ephemeral_1h_input_tokens) : 0;
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value) : 0;
}
