import { describe, expect, it } from 'vitest';
import { totalInputTokens, totalOutputTokens } from '../usage.js';
import { estimateUsage } from './estimate-usage.js';

describe('estimateUsage', () => {
  it('counts by characters and says that it did (R-SP-4)', () => {
    const demand = {
      model: 'fast',
      stream: true,
      wantsUsage: false,
      inputCharacters: 401,
      inputAttachments: 1,
      maxOutputTokens: undefined,
      answers: 1,
    };
    const usage = estimateUsage(demand, 79);
    expect(usage.estimated).toBe(true);
    expect(totalInputTokens(usage)).toBe(1_101);
    expect(totalOutputTokens(usage)).toBe(20);
    expect(totalOutputTokens(estimateUsage(demand, 0))).toBe(0);
  });
});
