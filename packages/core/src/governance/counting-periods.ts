/** What limits and budgets are counted per. `total` never starts anew. */
export type PeriodKind = 'minute' | 'hour' | 'day' | 'month' | 'total';

/** One period, aligned to UTC. */
export interface Period {
  readonly kind: PeriodKind;
  readonly startsAt: number;
  /** Milliseconds since the epoch, the first moment of the next one; infinite for `total`. */
  readonly endsAt: number;
  /** Tells it from every other one; part of the counter's key, so that a clock that jumps and returns finds its counter again (h05). */
  readonly tag: string;
}

/** Makes a function that finds the period of a moment; each is worked out once and kept until time leaves it, in whichever direction. */
export function openPeriods(): (kind: PeriodKind, now: number) => Period {
  const kept = new Map<PeriodKind, Period>();
  return (kind, now) => {
    const last = kept.get(kind);
    if (last !== undefined && now >= last.startsAt && now < last.endsAt) return last;
    const period = periodOf(kind, now);
    kept.set(kind, period);
    return period;
  };
}

const LENGTHS_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function periodOf(kind: PeriodKind, now: number): Period {
  switch (kind) {
    case 'minute':
    case 'hour':
    case 'day': {
      const startsAt = now - (now % LENGTHS_MS[kind]);
      return { kind, startsAt, endsAt: startsAt + LENGTHS_MS[kind], tag: `${kind}:${startsAt}` };
    }
    case 'month': {
      const date = new Date(now);
      const startsAt = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
      const endsAt = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
      return { kind, startsAt, endsAt, tag: `${kind}:${startsAt}` };
    }
    case 'total':
      return { kind, startsAt: Number.NEGATIVE_INFINITY, endsAt: Number.POSITIVE_INFINITY, tag: kind };
  }
}
