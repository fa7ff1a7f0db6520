/** The source of time for the gateway; tests use a fake one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `run` once after `delayMs`, however long that is; calling the result takes it back. */
  after(delayMs: number, run: () => void): () => void;
}

/**
 * The longest delay of one timer: 2^31 - 1 ms, or 24.8 days. `setTimeout` runs after 1 ms what it is given for later
 * (https://developer.mozilla.org/en-US/docs/Web/API/Window/setTimeout#maximum_delay_value).
 */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** The system clock. Its timers do not keep a process alive; open sockets do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    if (delayMs > LONGEST_TIMER_MS) return afterLong(delayMs, run);
    const timer = setTimeout(run, delayMs) as unknown as { unref?(): void };
    timer.unref?.();
    return () => clearTimeout(timer as unknown as ReturnType<typeof setTimeout>);
  },
};

/** One timer after another until all of the delay has passed. */
function afterLong(delayMs: number, run: () => void): () => void {
  let leftMs = delayMs;
  let stop = () => {};
  wait();
  return () => stop();

  function wait(): void {
    const partMs = Math.min(leftMs, LONGEST_TIMER_MS);
    leftMs -= partMs;
    stop = systemClock.after(partMs, leftMs > 0 ? wait : run);
  }
}
