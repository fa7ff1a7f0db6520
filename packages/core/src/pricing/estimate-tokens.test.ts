import { describe, expect, it } from 'vitest';
import { estimateInputTokens } from './estimate-tokens.js';

const EMPTY = {
  model: 'fast',
  stream: false,
  wantsUsage: false,
  inputCharacters: 0,
  inputAttachments: 0,
  maxOutputTokens: undefined,
  answers: 1,
};

describe('estimateInputTokens', () => {
  it('is above what tokenizers count for English, for code and for almost no text', () => {
    // Counted with o200k_base: pangram 10 tokens in 44 characters; a line of code 16 in 52; 'Hi' 8 with the frame around it.
    expect(estimateInputTokens({ ...EMPTY, inputCharacters: 44 })).toBeGreaterThanOrEqual(10);
    expect(estimateInputTokens({ ...EMPTY, inputCharacters: 52 })).toBeGreaterThanOrEqual(16);
    expect(estimateInputTokens({ ...EMPTY, inputCharacters: 2 })).toBeGreaterThanOrEqual(8);
  });

  it('adds a flat rate for what is not text', () => {
    const text = estimateInputTokens({ ...EMPTY, inputCharacters: 300 });
    expect(estimateInputTokens({ ...EMPTY, inputCharacters: 300, inputAttachments: 2 })).toBe(text + 4_000);
  });
});
