import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Clock } from '@portico/core';

/** A clock that stands still until a test moves it. Pass it to the gateway as `clock`. */
export interface FakeClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: every timer that becomes due runs at its own time, in order, and promises settle
   * before the next one runs. Timers set by those timers run too if they become due in the same span.
   */
  advance(ms: number): Promise<void>;
  /**
   * Jumps the time of day to `nowMs`, forwards or backwards, as a corrected system clock does. Timers measure elapsed
   * time, not time of day, as in Node, so a jump runs none and delays none.
   */
  set(nowMs: number): void;
  /** How many timers are pending. */
  readonly pending: number;
}

/** Creates a clock that shows `startMs` (milliseconds since the epoch; default 2026-01-01T00:00:00Z). */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs;
  let passedMs = 0;
  const waiting = new Set<Timer>();

  async function advance(ms: number): Promise<void> {
    const untilMs = passedMs + ms;
    await yieldToEventLoop();
    for (let timer = nextDue(waiting, untilMs); timer !== undefined; timer = nextDue(waiting, untilMs)) {
      pass(timer.dueMs - passedMs);
      waiting.delete(timer);
      timer.run();
      await yieldToEventLoop();
    }
    pass(untilMs - passedMs);
  }

  function pass(ms: number): void {
    passedMs += ms;
    nowMs += ms;
  }

  return {
    now: () => nowMs,
    after(delayMs, run) {
      const timer: Timer = { dueMs: passedMs + Math.max(0, delayMs || 0), run };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    advance,
    set(ms) {
      nowMs = ms;
    },
    get pending() {
      return waiting.size;
    },
  };
}

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

// A Set keeps the order of insertion, so of timers due at the same time the one set first is found first.
function nextDue(waiting: ReadonlySet<Timer>, untilMs: number): Timer | undefined {
  let next: Timer | undefined;
  for (const timer of waiting) {
    if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
  }
  return next;
}
