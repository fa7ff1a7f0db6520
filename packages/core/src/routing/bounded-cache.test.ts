import { describe, expect, it } from 'vitest';
import { createBoundedCache } from './bounded-cache.js';

describe('what is kept while it is in use', () => {
  it('never outgrows its bound, and loses first what nobody asked for', () => {
    const cached = createBoundedCache<number>(10);
    cached.set('in use', 1);
    for (let at = 0; at < 1_000; at += 1) {
      cached.set(`once-${at}`, at);
      expect(cached.get('in use')).toBe(1);
    }
    const left = Array.from({ length: 1_000 }, (_, at) => cached.get(`once-${at}`)).filter(
      (value) => value !== undefined,
    );
    expect(left.length).toBeLessThan(10);
    expect(left.at(-1)).toBe(999);
  });
});
