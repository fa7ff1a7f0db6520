import { isJsonObject } from '@portico/core';
import { type ChatUsage, chatUsage, countOf } from '../shared/chat-usage.js';

/**
 * The usage of an answer. `tokens` counts what the model read and wrote, `billed_units` excludes the vendor's own
 * part of the prompt; images are counted separately from text. Cached tokens and reasoning are included.
 */
export function usageToChat(usage: unknown): ChatUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { tokens, billed_units: billed } = usage;
  const counted = isJsonObject(tokens) ? tokens : billed;
  if (!isJsonObject(counted)) return undefined;
  return chatUsage({
    input: countOf(counted.input_tokens) + countOf(counted.image_tokens),
    output: countOf(counted.output_tokens),
    cached: countOf(usage.cached_tokens),
    reasoning: countOf(counted.reasoning_tokens),
  });
}
