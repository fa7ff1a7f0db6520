/** Half of an average is this old: long enough to be calm, short enough to notice a bad half minute. */
const TAU_MS = 10_000;

/** Enough to tell a 95th percentile from. */
const KEPT = 64;

/**
 * An average of durations in which the recent ones weigh most. A single bad one raises it at once and in full, and is then
 * forgotten with time ("peak EWMA", https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/).
 */
export class RecentTimes {
  /** Milliseconds; undefined before the first. */
  average: number | undefined;
  #at = 0;
  #kept: number[] | undefined;
  #next = 0;

  add(ms: number, now: number): void {
    const age = Math.max(0, now - this.#at);
    this.#at = now;
    if (this.average === undefined) this.average = ms;
    else {
      // Evenly spaced or not: what came `age` ago weighs e^(-age/τ), but a sample never less than a tenth.
      const old = Math.min(Math.exp(-age / TAU_MS), 0.9);
      this.average = this.average * old + ms * (1 - old);
    }
    this.#kept ??= [];
    this.#kept[this.#next] = ms;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The duration that so many of the last ones stayed below; undefined before there are enough to say. */
  percentile(share: number): number | undefined {
    const kept = this.#kept;
    if (kept === undefined || kept.length < 8) return undefined;
    const sorted = [...kept].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  }
}
