import { describe, expect, it } from 'vitest';
import { keepRecent } from './keep-recent.js';

describe('what is kept while it is in use', () => {
  it('never outgrows its bound, and loses first what nobody asked for', () => {
    const kept = keepRecent<number>(10);
    kept.set('in use', 1);
    for (let at = 0; at < 1_000; at += 1) {
      kept.set(`once-${at}`, at);
      expect(kept.get('in use')).toBe(1);
    }
    const left = Array.from({ length: 1_000 }, (_, at) => kept.get(`once-${at}`)).filter(
      (value) => value !== undefined,
    );
    expect(left.length).toBeLessThan(10);
    expect(left.at(-1)).toBe(999);
  });
});
