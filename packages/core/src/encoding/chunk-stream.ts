import type { StreamFormat } from '../operation.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import type { JsonObject } from './json.js';

/** Streams of chunks as unnamed events, ended by `[DONE]`. */
export function chunkStream(object: string): StreamFormat {
  return {
    // An upstream may split one event over several data lines; in JSON text a line break is only white space.
    event: (json) => `data: ${json.includes('\n') ? json.replaceAll('\n', ' ') : json}\n\n`,
    terminator: 'data: [DONE]\n\n',
    usageChunk(usage, like) {
      const { id, created, model } = (like === undefined ? {} : JSON.parse(like)) as JsonObject;
      return JSON.stringify({ id, object, created, model, choices: [], usage: formatChatUsage(usage) });
    },
  };
}

/** Usage in the format of chat completions. */
export function formatChatUsage(usage: Usage): JsonObject {
  const prompt = totalInputTokens(usage);
  const completion = totalOutputTokens(usage);
  const written = usage.cacheWriteTokens + usage.cacheWriteHourTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(written > 0 && { cache_write_tokens: written }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
