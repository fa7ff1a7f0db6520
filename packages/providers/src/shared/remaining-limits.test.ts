import { describe, expect, it } from 'vitest';
import { remainingInAnthropicHeaders, remainingInOpenAiHeaders } from './remaining-limits.js';

const headers = (given: Readonly<Record<string, string>>) => ({ get: (name: string) => given[name] });

describe('the room that headers tell of', () => {
  it.each([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['2m59.56s', 179_560],
    ['120ms', 120],
    ['12', 12_000],
  ])('is there again in %s', (reset, resetsInMs) => {
    const told = headers({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': reset,
    });
    expect(remainingInOpenAiHeaders(told)).toEqual({ requests: { left: 0, limit: 60, resetsInMs }, tokens: undefined });
  });

  it('is unknown where they do not say when, or what cannot be read', () => {
    expect(remainingInOpenAiHeaders(headers({ 'x-ratelimit-remaining-tokens': '0' })).tokens).toBeUndefined();
    const odd = headers({ 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-reset-tokens': 'soon' });
    expect(remainingInOpenAiHeaders(odd).tokens).toBeUndefined();
  });

  it('is told by Anthropic as a moment', () => {
    const told = headers({
      'anthropic-ratelimit-tokens-limit': '80000',
      'anthropic-ratelimit-tokens-remaining': '79000',
      'anthropic-ratelimit-tokens-reset': '2026-06-03T12:00:30Z',
    });
    expect(remainingInAnthropicHeaders(told, Date.UTC(2026, 5, 3, 12)).tokens).toEqual({
      left: 79_000,
      limit: 80_000,
      resetsInMs: 30_000,
    });
  });
});
