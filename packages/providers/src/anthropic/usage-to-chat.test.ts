import { totalInputTokens, totalOutputTokens } from '@portico/core';
import { usageOfAnswer } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { updateUsage, usageToChat } from './usage-to-chat.js';

const cached = {
  input_tokens: 28,
  cache_read_input_tokens: 1000,
  cache_creation_input_tokens: 1425,
  cache_creation: { ephemeral_5m_input_tokens: 425, ephemeral_1h_input_tokens: 1000 },
  output_tokens: 13,
  output_tokens_details: { thinking_tokens: 7 },
  server_tool_use: { web_search_requests: 2 },
};

describe('what an answer of Anthropic used (R-SP-1)', () => {
  it('falls into buckets without a token in two of them, caches by their lifetime', () => {
    expect(usageToChat(cached)?.buckets).toEqual({
      inputTokens: 28,
      cacheReadTokens: 1000,
      cacheWriteTokens: 425,
      cacheWriteHourTokens: 1000,
      outputTokens: 6,
      reasoningTokens: 7,
      audioInputTokens: 0,
      audioOutputTokens: 0,
      estimated: false,
    });
  });

  it('is shown the way OpenAI counts, caches inside the prompt, with this wire’s own counts beside', () => {
    expect(usageToChat(cached)?.shown).toEqual({
      prompt_tokens: 2453,
      completion_tokens: 13,
      total_tokens: 2466,
      prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 1425, cache_creation_tokens: 1425 },
      completion_tokens_details: { reasoning_tokens: 7 },
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 1425,
      cache_creation: { ephemeral_5m_input_tokens: 425, ephemeral_1h_input_tokens: 1000 },
      server_tool_use: { web_search_requests: 2 },
    });
  });

  it('is the same to whoever reads the buckets and whoever reads what is shown', () => {
    for (const usage of [cached, { input_tokens: 5, output_tokens: 3 }, { ...cached, cache_creation: null }]) {
      const read = usageToChat(usage);
      expect(usageOfAnswer(read?.shown)).toEqual(read?.buckets);
    }
  });

  it('counts what was written to the cache without a lifetime as the short one', () => {
    const { buckets } = usageToChat({ input_tokens: 1, cache_creation_input_tokens: 9, output_tokens: 1 }) ?? {};
    expect(buckets).toMatchObject({ cacheWriteTokens: 9, cacheWriteHourTokens: 0 });
  });

  it('holds what shortening the conversation cost, and not what another model advised', () => {
    const { buckets } =
      usageToChat({
        input_tokens: 100,
        output_tokens: 20,
        iterations: [
          { type: 'compaction', input_tokens: 5000, output_tokens: 300 },
          { type: 'message', input_tokens: 100, output_tokens: 20 },
          { type: 'advisor_message', input_tokens: 700, output_tokens: 70, model: 'claude-opus-4-8' },
        ],
      }) ?? {};
    expect(buckets && [totalInputTokens(buckets), totalOutputTokens(buckets)]).toEqual([5100, 320]);
  });

  it('is unknown, not zero, where nothing was counted (R-SP-4)', () => {
    expect(usageToChat({})).toBeUndefined();
    expect(usageToChat({ input_tokens: 0, output_tokens: 0 })).toBeUndefined();
  });

  it('is the last that a stream said, never a sum, and null says nothing (f40)', () => {
    let known = updateUsage({}, { ...cached, output_tokens: 1 });
    known = updateUsage(known, { output_tokens: 5, cache_creation_input_tokens: null, input_tokens: 28 });
    known = updateUsage(known, { output_tokens: 13 });
    known = updateUsage(known, undefined);
    expect(known).toEqual(cached);
  });
});
