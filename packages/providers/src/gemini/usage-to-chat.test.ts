import { totalInputTokens, totalOutputTokens } from '@portico/core';
import { usageOfAnswer } from '@portico/core/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageToChat } from './usage-to-chat.js';

describe('what an answer used', () => {
  it('counts what tools gave as input, and thoughts as output', () => {
    const usage = usageToChat({
      promptTokenCount: 10,
      toolUsePromptTokenCount: 5,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 3,
      thoughtsTokenCount: 7,
      totalTokenCount: 25,
    });
    expect(usage?.buckets).toMatchObject({ inputTokens: 11, cacheReadTokens: 4, outputTokens: 3, reasoningTokens: 7 });
    expect(usage?.shown).toMatchObject({
      prompt_tokens: 15,
      completion_tokens: 10,
      total_tokens: 25,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 7 },
    });
  });

  it('keeps sound apart, and shows images', () => {
    const usage = usageToChat({
      promptTokenCount: 100,
      cachedContentTokenCount: 30,
      promptTokensDetails: [
        { modality: 'AUDIO', tokenCount: 60 },
        { modality: 'IMAGE', tokenCount: 20 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 25 }],
      candidatesTokenCount: 50,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 40 }],
      totalTokenCount: 150,
    });
    expect(usage?.buckets).toMatchObject({
      inputTokens: 35,
      cacheReadTokens: 30,
      audioInputTokens: 35,
      outputTokens: 50,
    });
    expect(usage?.shown).toMatchObject({
      prompt_tokens_details: { audio_tokens: 35, image_tokens: 20 },
      completion_tokens_details: { image_tokens: 40 },
    });
  });

  it('finds thoughts that are counted in the total alone, or among the candidates', () => {
    expect(usageToChat({ promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 18 })?.buckets).toMatchObject({
      outputTokens: 3,
      reasoningTokens: 10,
    });
    const inside = { promptTokenCount: 5, candidatesTokenCount: 13, thoughtsTokenCount: 10, totalTokenCount: 18 };
    expect(usageToChat(inside)?.buckets).toMatchObject({ outputTokens: 3, reasoningTokens: 10 });
  });

  it('is unknown where the vendor did not count', () => {
    expect(usageToChat({})).toBeUndefined();
    expect(usageToChat({ promptTokenCount: 0, trafficType: 'ON_DEMAND' })).toBeUndefined();
  });

  it('falls into buckets that sum to what the client is shown, whatever the vendor says (R-SP-1)', () => {
    const count = fc.oneof(fc.nat(1000), fc.constantFrom<unknown>(null, -1, 'x', Number.POSITIVE_INFINITY, 0.5));
    const details = fc.array(
      fc.record({ modality: fc.constantFrom<unknown>('TEXT', 'AUDIO', 'IMAGE', 4, null), tokenCount: count }),
      { maxLength: 3 },
    );
    const usage = fc.record(
      {
        promptTokenCount: count,
        toolUsePromptTokenCount: count,
        cachedContentTokenCount: count,
        candidatesTokenCount: count,
        thoughtsTokenCount: count,
        totalTokenCount: count,
        promptTokensDetails: details,
        cacheTokensDetails: details,
        candidatesTokensDetails: details,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(usage, (given) => {
        const told = usageToChat(given);
        if (told === undefined) return;
        const { buckets, shown } = told;
        expect(Math.min(...Object.values(buckets).map(Number))).toBeGreaterThanOrEqual(0);
        expect([totalInputTokens(buckets), totalOutputTokens(buckets)]).toEqual([
          shown.prompt_tokens,
          shown.completion_tokens,
        ]);
        expect(usageOfAnswer(shown)).toEqual(buckets);
      }),
    );
  });
});
