import { describe, expect, it } from 'vitest';
import { familyOf } from './model-families.js';

describe('the family of a model', () => {
  it.each([
    ['claude-sonnet-4-5', 64_000, 'budget', 'one', true, true],
    ['claude-sonnet-4-5@20250929', 64_000, 'budget', 'one', true, true],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 64_000, 'budget', 'one', true, true],
    ['anthropic/claude-haiku-4.5', 64_000, 'budget', 'one', true, true],
    ['claude-opus-4-1-20250805', 32_000, 'budget', 'one', true, true],
    ['claude-opus-4-20250514', 32_000, 'budget', 'both', false, true],
    ['claude-sonnet-4-0', 32_000, 'budget', 'both', false, true],
    ['claude-3-7-sonnet-latest', 32_000, 'budget', 'both', false, true],
    ['claude-3-5-sonnet-20241022', 8_192, 'none', 'both', false, true],
    ['claude-3-haiku-20240307', 4_096, 'none', 'both', false, true],
    ['claude-2.1', 4_096, 'none', 'both', false, true],
    ['claude-opus-4-6', 64_000, 'either', 'one', true, false],
    ['claude-opus-4-7', 64_000, 'adaptive', 'none', true, false],
    ['claude-sonnet-5', 64_000, 'adaptive', 'none', true, false],
    ['claude-future-9', 64_000, 'adaptive', 'none', true, false],
    ['gpt-oss:20b', 4_096, 'budget', 'both', false, true],
  ])('of %s is found by its name', (model, defaultMaxTokens, thinking, sampling, structuredOutput, prefill) => {
    expect(familyOf(model)).toMatchObject({ defaultMaxTokens, thinking, sampling, structuredOutput, prefill });
  });

  it('knows which cannot be forced to call, nor kept from thinking', () => {
    const stubborn = ['claude-fable-5', 'claude-mythos-preview', 'claude-opus-5-5', 'claude-sonnet-5-5'];
    for (const model of stubborn)
      expect(familyOf(model)).toMatchObject({ forcedTools: false, mayDisableThinking: false });
    for (const model of ['claude-opus-5', 'claude-sonnet-5']) expect(familyOf(model).forcedTools).toBe(true);
  });
});
