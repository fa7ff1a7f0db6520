/** The half-life of the average: long enough to be stable, short enough to notice a bad half minute. */
const TAU_MS = 10_000;

/** Enough for a 95th percentile. */
const MAX_SAMPLES = 64;

/**
 * An average of durations in which recent ones weigh most. One slow call raises it at once and in full, and is
 * forgotten over time ("peak EWMA", https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/).
 */
export class RecentTimes {
  /** Milliseconds; undefined before the first. */
  average: number | undefined;
  #at = 0;
  #samples: number[] | undefined;
  #next = 0;

  add(ms: number, now: number): void {
    const age = Math.max(0, now - this.#at);
    this.#at = now;
    if (this.average === undefined) this.average = ms;
    else {
      // For any spacing: a sample of the age `age` weighs e^(-age/τ), but a new one never less than a tenth.
      const old = Math.min(Math.exp(-age / TAU_MS), 0.9);
      this.average = this.average * old + ms * (1 - old);
    }
    this.#samples ??= [];
    this.#samples[this.#next] = ms;
    this.#next = (this.#next + 1) % MAX_SAMPLES;
  }

  /** The duration below which this share of the last ones was; undefined before there are enough. */
  percentile(share: number): number | undefined {
    const samples = this.#samples;
    if (samples === undefined || samples.length < 8) return undefined;
    const sorted = [...samples].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  }
}
