import { describe, expect, it } from 'vitest';
import { totalInputTokens, totalOutputTokens } from '../usage/usage.js';
import { estimateUsage } from './estimate-usage.js';

describe('estimateUsage', () => {
  it('counts by characters and says that it did (R-SP-4)', () => {
    const summary = {
      model: 'fast',
      stream: true,
      wantsUsage: false,
      inputCharacters: 401,
      inputAttachments: 1,
      maxOutputTokens: undefined,
      answers: 1,
    };
    const usage = estimateUsage(summary, 79);
    expect(usage.estimated).toBe(true);
    expect(totalInputTokens(usage)).toBe(1_101);
    expect(totalOutputTokens(usage)).toBe(20);
    expect(totalOutputTokens(estimateUsage(summary, 0))).toBe(0);
  });
});
