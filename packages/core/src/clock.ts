/** Where the gateway takes its time from; tests put a fake one in. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `run` once after `delayMs`; calling the result takes it back. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own time. Its timers do not keep a process alive: open sockets do that. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs) as unknown as { unref?(): void };
    timer.unref?.();
    return () => clearTimeout(timer as unknown as ReturnType<typeof setTimeout>);
  },
};
