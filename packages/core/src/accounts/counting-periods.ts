import type { BudgetPeriod } from '../principal.js';
import type { CalendarPeriod } from '../stores/periods.js';

/** The periods of limits and budgets. `total` is never reset. */
export type PeriodKind = BudgetPeriod | CalendarPeriod;

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

const LENGTHS_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };
const UNITS_MS = { m: LENGTHS_MS.minute, h: LENGTHS_MS.hour, d: LENGTHS_MS.day, w: LENGTHS_MS.week };

/** The first Monday, 5 January 1970: lengths of whole weeks begin on one. */
const FIRST_MONDAY = 4 * LENGTHS_MS.day;

/** Milliseconds; NaN for what is no length. */
function lengthOf(kind: string): number {
  const [, count, unit] = /^([1-9]\d*)([mhdw])$/.exec(kind) ?? [];
  return Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

function periodOf(counted: string, kind: PeriodKind, now: number): Period {
  switch (kind) {
    case 'minute':
    case 'hour':
    case 'day': {
      const startsAt = now - (now % LENGTHS_MS[kind]);
      return { kind, startsAt, endsAt: startsAt + LENGTHS_MS[kind], keyPrefix: `${counted}:${kind}:${startsAt}:` };
    }
    case 'week':
      return lasting(LENGTHS_MS.week);
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
    default:
      return lasting(lengthOf(kind));
  }

  function lasting(lengthMs: number): Period {
    const startsAt = FIRST_MONDAY + Math.floor((now - FIRST_MONDAY) / lengthMs) * lengthMs;
    return { kind, startsAt, endsAt: startsAt + lengthMs, keyPrefix: `${counted}:${kind}:${startsAt}:` };
  }
}
