import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LONGEST_TIMER_MS, systemClock } from './clock.js';

const MONTH_MS = 30 * 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([0, 1, LONGEST_TIMER_MS, LONGEST_TIMER_MS + 1, MONTH_MS, 3 * MONTH_MS])(
  'a timer of %d ms runs once, when all of that has passed',
  (delayMs) => {
    const run = vi.fn();
    systemClock.after(delayMs, run);
    if (delayMs > 0) {
      vi.advanceTimersByTime(delayMs - 1);
      expect(run).not.toHaveBeenCalled();
    }
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(2 * delayMs);
    expect(run).toHaveBeenCalledOnce();
  },
);

test('a timer that is set for ever never runs', () => {
  const run = vi.fn();
  systemClock.after(Number.POSITIVE_INFINITY, run);
  vi.advanceTimersByTime(3 * MONTH_MS);
  expect(run).not.toHaveBeenCalled();
});

test.each([1_000, MONTH_MS])(
  'a timer of %d ms that is taken back never runs, also after a part of it has passed',
  (delayMs) => {
    const run = vi.fn();
    const stop = systemClock.after(delayMs, run);
    vi.advanceTimersByTime(delayMs - 1);
    stop();
    vi.advanceTimersByTime(2 * delayMs);
    expect(run).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  },
);
