import { fakeClock } from '@portico/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryCounters } from './memory-counters.js';

// That it keeps the contract of a counter store is shown in test/contracts.
describe('memoryCounters', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('answers at once and sets no timer', () => {
    const clock = fakeClock();
    const counters = memoryCounters(clock);
    const answer = counters.reserve([{ key: 'calls', amount: 1, limit: 1, resetsAt: undefined }], 1_000);
    expect(answer).toEqual({ ok: true, reservation: expect.any(String), remaining: [0] });
    const { reservation } = answer as { reservation: string }; // no promise, as the line above has shown
    expect(counters.settle(reservation, [0])).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('does not grow with the number of principals it has ever seen', async () => {
    const maps: Map<unknown, unknown>[] = [];
    vi.stubGlobal(
      'Map',
      class extends Map {
        constructor() {
          super();
          maps.push(this);
        }
      },
    );
    const clock = fakeClock();
    const counters = memoryCounters(clock);
    for (let minute = 0; minute < 100; minute++) {
      for (let caller = 0; caller < 50; caller++) {
        const id = `${minute}:${caller}`;
        const resetsAt = clock.now() + 60_000;
        const answer = counters.reserve(
          [
            { key: `requests:${id}`, amount: 1, limit: 10, resetsAt },
            { key: `calls:${id}`, amount: 1, limit: 10, resetsAt: undefined },
          ],
          60_000,
        );
        // Every tenth is never settled.
        if (caller % 10 > 0 && 'ok' in answer && answer.ok) void counters.settle(answer.reservation, [1, 0]);
      }
      await clock.advance(60_000);
    }
    // 10,000 counters were made; those of a minute are 100.
    expect(Math.max(...maps.map((map) => map.size))).toBeLessThan(400);
  });

  it('refuses where the limit is not a number', () => {
    const counters = memoryCounters(fakeClock());
    expect(counters.reserve([{ key: 'a', amount: 1, limit: Number.NaN, resetsAt: undefined }], 1)).toMatchObject({
      ok: false,
    });
  });
});
