import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1, 12);

function read(headers: Record<string, string>, body?: unknown): number | undefined {
  return retryAfterMs({ get: (name) => headers[name] }, body, () => NOW);
}

describe('how long an answer asks to wait (f15, f16)', () => {
  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after-ms': '6400', 'retry-after': '7' }, 6_400],
    [{ 'retry-after-ms': 'soon', 'retry-after': '7' }, 7_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
  ])('%j is %i ms', (headers, expected) => {
    expect(read(headers as Record<string, string>)).toBe(expected);
  });

  it('counts a date from when the answer was made, not from a clock that may be wrong', () => {
    const headers = { date: 'Tue, 05 May 2026 08:00:00 GMT', 'retry-after': 'Tue, 05 May 2026 08:00:20 GMT' };
    expect(read(headers)).toBe(20_000);
  });

  it.each([
    ['12s', 12_000],
    ['1.5s', 1_500],
  ])('finds RetryInfo of %s in the body', (retryDelay, expected) => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.Help' }, { retryDelay }];
    expect(read({}, { error: { code: 429, details } })).toBe(expected);
    expect(read({}, [{ error: { code: 429, details } }])).toBe(expected);
  });

  it.each([{}, { 'retry-after': 'later' }, { 'retry-after': '-5' }, { 'retry-after': '1767268800' }])(
    'does not believe %j',
    (headers) => {
      expect(read(headers as Record<string, string>)).toBeUndefined();
    },
  );
});
