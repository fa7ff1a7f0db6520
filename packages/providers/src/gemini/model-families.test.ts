import { describe, expect, it } from 'vitest';
import { familyOf } from './model-families.js';

describe('the family of a Gemini model', () => {
  it.each([
    ['gemini-1.5-flash', 'nothing', false],
    ['gemini-2.0-flash-001', 'nothing', false],
    ['gemini-2.5-flash', 'budget 1', false],
    ['models/gemini-2.5-flash-lite', 'budget 512', false],
    ['publishers/google/models/gemini-2.5-pro', 'budget 128', false],
    ['gemini-2.5-flash-image', 'nothing', false],
    ['gemini-3-pro-preview', 'LOW HIGH', true],
    ['gemini-3-pro-image-preview', 'itself', true],
    ['gemini-3-flash-preview', 'MINIMAL LOW MEDIUM HIGH', true],
    ['gemini-3.5-flash', 'MINIMAL LOW MEDIUM HIGH', true],
    ['gemini-3.7-flash', 'LOW MEDIUM HIGH', true],
    ['gemini-3.1-pro-preview', 'LOW MEDIUM HIGH', true],
    ['gemini-flash-latest', 'LOW MEDIUM HIGH', true],
    ['gemini-7-ultra', 'LOW MEDIUM HIGH', true],
    ['1234567890', 'nothing', false],
  ])('%s thinks by %s, and its calls are signed: %s', (model, thinking, signsCalls) => {
    const family = familyOf(model);
    const told = family.thinking;
    const by = told.by === 'budget' ? `budget ${told.least}` : told.by === 'level' ? told.levels.join(' ') : told.by;
    expect([by, family.signsCalls]).toEqual([thinking, signsCalls]);
  });

  it('is told how to behave in the conversation where it is an early Gemma', () => {
    expect(familyOf('gemma-3-27b-it').systemInstruction).toBe(false);
    expect(familyOf('gemini-2.0-flash').systemInstruction).toBe(true);
  });
});
