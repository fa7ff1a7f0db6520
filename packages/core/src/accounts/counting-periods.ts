/** The periods of limits and budgets. `total` is never reset. */
export type PeriodKind = 'minute' | 'hour' | 'day' | 'month' | 'total';

/** One period, aligned to UTC. */
export interface Period {
  readonly kind: PeriodKind;
  readonly startsAt: number;
  /** Milliseconds since the epoch, the start of the next period; infinite for `total`. */
  readonly endsAt: number;
  /**
   * The prefix of its counter keys. It names the period, so that a clock that jumps and returns finds its counters
   * again.
   */
  readonly keyPrefix: string;
}

/**
 * Creates a function that finds the period of a moment for one kind of counter. Each period is computed once and
 * reused until the time leaves it, in either direction.
 */
export function createPeriods(counted: string): (kind: PeriodKind, now: number) => Period {
  const cached = new Map<PeriodKind, Period>();
  return (kind, now) => {
    const last = cached.get(kind);
    if (last !== undefined && now >= last.startsAt && now < last.endsAt) return last;
    const period = periodOf(counted, kind, now);
    cached.set(kind, period);
    return period;
  };
}

const LENGTHS_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function periodOf(counted: string, kind: PeriodKind, now: number): Period {
  switch (kind) {
    case 'minute':
    case 'hour':
    case 'day': {
      const startsAt = now - (now % LENGTHS_MS[kind]);
      return { kind, startsAt, endsAt: startsAt + LENGTHS_MS[kind], keyPrefix: `${counted}:${kind}:${startsAt}:` };
    }
    case 'month': {
      const date = new Date(now);
      const startsAt = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
      const endsAt = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
      return { kind, startsAt, endsAt, keyPrefix: `${counted}:${kind}:${startsAt}:` };
    }
    case 'total':
      return {
        kind,
        startsAt: Number.NEGATIVE_INFINITY,
        endsAt: Number.POSITIVE_INFINITY,
        keyPrefix: `${counted}:${kind}:`,
      };
  }
}
