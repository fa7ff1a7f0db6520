import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_USAGE, totalInputTokens, totalOutputTokens } from './usage.js';
import { usageOfAnswer } from './usage-of-answer.js';

describe('usage of an answer (R-SP-1)', () => {
  it.each([
    {
      story: 'cached and reasoning tokens are parts of what they stand under',
      usage: {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 64, audio_tokens: 6, cache_write_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 5 },
      },
      buckets: {
        inputTokens: 20,
        cacheReadTokens: 64,
        cacheWriteTokens: 10,
        audioInputTokens: 6,
        outputTokens: 15,
        reasoningTokens: 30,
        audioOutputTokens: 5,
      },
    },
    {
      story: 'DeepSeek says what hit the cache and what missed it',
      usage: {
        prompt_tokens: 900,
        prompt_cache_hit_tokens: 896,
        prompt_cache_miss_tokens: 4,
        completion_tokens: 2,
        total_tokens: 902,
      },
      buckets: { inputTokens: 4, cacheReadTokens: 896, outputTokens: 2 },
    },
    {
      story: 'xAI counts reasoning beside the completion, which only the total shows',
      usage: {
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 334,
        completion_tokens_details: { reasoning_tokens: 320 },
      },
      buckets: { inputTokens: 12, outputTokens: 2, reasoningTokens: 320 },
    },
    {
      story: 'more from the cache than was sent was not counted as sent',
      usage: {
        prompt_tokens: 7,
        completion_tokens: 8,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 161 },
      },
      buckets: { inputTokens: 7, cacheReadTokens: 161, outputTokens: 8 },
    },
    {
      story: 'Mistral counts audio beside the prompt',
      usage: {
        prompt_tokens: 11,
        completion_tokens: 15,
        total_tokens: 401,
        prompt_tokens_details: { audio_tokens: 375, cached_tokens: 9 },
      },
      buckets: { inputTokens: 2, cacheReadTokens: 9, audioInputTokens: 375, outputTokens: 15 },
    },
    {
      story: 'what Gemini bills beyond both counts is thinking',
      usage: { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
      buckets: { inputTokens: 35, outputTokens: 12, reasoningTokens: 62 },
    },
    {
      story: 'reasoning is never more than the completion it is part of',
      usage: {
        prompt_tokens: 43,
        completion_tokens: 10,
        total_tokens: 53,
        completion_tokens_details: { reasoning_tokens: 11 },
      },
      buckets: { inputTokens: 43, reasoningTokens: 10 },
    },
    {
      story: 'Anthropic by way of a router tells the two lifetimes of a cache apart',
      usage: {
        prompt_tokens: 100,
        completion_tokens: 1,
        total_tokens: 101,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
      buckets: {
        inputTokens: 50,
        cacheReadTokens: 20,
        cacheWriteTokens: 10,
        cacheWriteHourTokens: 20,
        outputTokens: 1,
      },
    },
    {
      story: 'embeddings may come with a total alone',
      usage: { total_tokens: 4 },
      buckets: { inputTokens: 4 },
    },
    {
      story: 'a missing total and null details do not matter',
      usage: { prompt_tokens: 3, completion_tokens: 4, prompt_tokens_details: null, completion_tokens_details: null },
      buckets: { inputTokens: 3, outputTokens: 4 },
    },
  ])('$story', ({ usage, buckets }) => {
    expect(usageOfAnswer(usage)).toEqual({ ...NO_USAGE, ...buckets });
  });

  it.each([
    undefined,
    null,
    'none',
    [],
    {},
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    { prompt_tokens: '7' },
  ])('says nothing where the vendor says nothing: %j (R-SP-4)', (usage) => {
    expect(usageOfAnswer(usage)).toBeUndefined();
  });

  it('whatever a vendor sends, no bucket is negative and no counted token is lost', () => {
    const tokens = fc.oneof(fc.nat(1000), fc.constantFrom(undefined, null, -5, 'x', Number.NaN));
    const usage = fc.record({
      prompt_tokens: fc.nat(1000),
      completion_tokens: fc.nat(1000),
      total_tokens: tokens,
      prompt_tokens_details: fc.record({ cached_tokens: tokens, audio_tokens: tokens, cache_write_tokens: tokens }),
      completion_tokens_details: fc.record({ reasoning_tokens: tokens, audio_tokens: tokens }),
    });
    fc.assert(
      fc.property(usage, (sent) => {
        const read = usageOfAnswer(sent) ?? NO_USAGE;
        expect(Math.min(...Object.values(read).map(Number))).toBeGreaterThanOrEqual(0);
        expect(totalInputTokens(read)).toBeGreaterThanOrEqual(sent.prompt_tokens);
        expect(totalOutputTokens(read)).toBeGreaterThanOrEqual(sent.completion_tokens);
      }),
    );
  });
});
