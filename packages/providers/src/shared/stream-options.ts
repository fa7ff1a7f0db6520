import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

/** OpenAI's (https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options), and one of vLLM's. */
const KNOWN: ReadonlySet<string> = new Set(['include_usage', 'include_obfuscation', 'continuous_usage_stats']);

/**
 * The members of `stream_options` that are known and are booleans. The gateway writes into the same object to be told the
 * usage, so that whatever an upstream could refuse in it would cost the gateway that usage: all else is left out, and said
 * in a warning.
 */
export function knownStreamOptions(options: unknown, { warn }: Pick<EncodeTarget, 'warn'>): JsonObject {
  if (!isJsonObject(options)) return {};
  const known: JsonObject = {};
  let isWhole = true;
  for (const [name, value] of Object.entries(options)) {
    if (KNOWN.has(name) && typeof value === 'boolean') known[name] = value;
    else isWhole = false;
  }
  if (!isWhole) warn('Members of "stream_options" that are unknown or no booleans were left out.');
  return known;
}
