import { dayNumber, firstInstantOf, wallClockAt } from './zone-time.js';

/** Units that are aligned to the calendar, `total`, which never starts anew, and lengths such as `'30d'` or `'5h'`. */
export type Period = CalendarPeriod | 'total' | `${number}${'m' | 'h' | 'd' | 'w'}`;

export type CalendarPeriod = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

/** How the windows of a period lie in time. */
export interface PeriodRule {
  readonly per: Period;
  /**
   * IANA time zone in which days and longer units begin at midnight (a week on Monday). Default `'UTC'`. Minutes and
   * hours are those of UTC in every zone, so that none is longer or shorter when clocks change.
   */
  readonly zone?: string | undefined;
  /**
   * Only for lengths: a moment at which one window begins, milliseconds since the epoch. Lengths in days and weeks keep
   * its time of day in the zone. Without it a window begins with the first call after the last one ended.
   */
  readonly anchor?: number | undefined;
  /** The last so many minutes, hours or days at any moment, see {@link rollingWindowOf}. */
  readonly rolling?: boolean | undefined;
}

/** One stretch of time that is counted as one: from `startsAt` to just before `endsAt`. */
export interface PeriodWindow {
  /** Milliseconds since the epoch; -Infinity for `total`. */
  readonly startsAt: number;
  /** Milliseconds since the epoch, the first moment of the next window; Infinity for `total`. */
  readonly endsAt: number;
}

/** A window that moves: it counts whole parts, and a part leaves it when none of it is in the period any more. */
export interface RollingWindow extends PeriodWindow {
  /** Milliseconds of one part: a sixtieth of the period. */
  readonly partMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const PARTS = 60;

/** Lengths of rolling windows and of `'5h'` and the like; a rolling month is 30 days, a quarter 91, a year 365. */
const LENGTHS_MS = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  quarter: 91 * DAY_MS,
  year: 365 * DAY_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
} as const;

/**
 * The window of a moment. A pure function of its arguments: a clock that is set back finds the windows it was in before,
 * and every moment is in exactly one window of a rule.
 *
 * `firstCall` is for lengths without an anchor: when the present window began, as the caller has kept it. The answer
 * begins there while it lasts (also for moments before it, after a clock was set back), and at `at` otherwise.
 *
 * Throws a RangeError for a period or a zone that does not exist, and for a `rolling` rule.
 */
export function windowOf(rule: PeriodRule, at: number, firstCall?: number): PeriodWindow {
  const { per, zone = 'UTC', anchor } = rule;
  if (rule.rolling === true) throw new RangeError('A rolling period has no fixed windows: use rollingWindowOf.');
  switch (per) {
    case 'total':
      return { startsAt: Number.NEGATIVE_INFINITY, endsAt: Number.POSITIVE_INFINITY };
    case 'minute':
    case 'hour':
      return alignedWindow(at, 0, LENGTHS_MS[per]);
    case 'day':
    case 'week':
    case 'month':
    case 'quarter':
    case 'year':
      return calendarWindow(
        at,
        zone,
        (wall) => startOfUnit(wall, per),
        (start) => nextUnit(start, per),
      );
  }
  const { unit, lengthMs } = lengthOf(per);
  if (anchor === undefined) {
    const startsAt = firstCall !== undefined && at < firstCall + lengthMs ? firstCall : at;
    return { startsAt, endsAt: startsAt + lengthMs };
  }
  if (unit === 'm' || unit === 'h') return alignedWindow(at, anchor, lengthMs);
  const first = wallClockAt(anchor, zone);
  const startOf = (wall: number) => first + Math.floor((wall - first) / lengthMs) * lengthMs;
  return calendarWindow(at, zone, startOf, (start) => start + lengthMs);
}

/**
 * The window that ends now, in parts of a sixtieth of the period. It holds the part of `at` and the 60 before it, so
 * that no span of the period's length is ever counted short; what was used is forgotten up to a sixtieth too late.
 * Throws a RangeError for `total` and for periods that do not exist.
 */
export function rollingWindowOf(per: Period, at: number): RollingWindow {
  if (per === 'total') throw new RangeError('A total cannot roll: it never ends.');
  const partMs =
    (per in LENGTHS_MS && per.length > 1 ? LENGTHS_MS[per as CalendarPeriod] : lengthOf(per).lengthMs) / PARTS;
  const part = Math.floor(at / partMs);
  return { startsAt: (part - PARTS) * partMs, endsAt: (part + 1) * partMs, partMs };
}

/** What is wrong with a rule, each as a sentence that begins with the field; empty where nothing is. */
export function periodProblems(rule: PeriodRule): readonly string[] {
  const problems: string[] = [];
  const isLength = isLengthPeriod(rule.per);
  if (!isLength && rule.per !== 'total' && !CALENDAR_PERIODS.includes(rule.per as CalendarPeriod)) {
    problems.push(`per: "${rule.per}" is no period: use ${[...CALENDAR_PERIODS, 'total'].join(', ')}, or '30d', '5h'.`);
  }
  if (rule.zone !== undefined && !isZone(rule.zone)) problems.push(`zone: "${rule.zone}" is no IANA time zone.`);
  if (rule.anchor !== undefined && !isLength) problems.push("anchor: only lengths such as '30d' have one.");
  if (rule.anchor !== undefined && !Number.isSafeInteger(rule.anchor)) {
    problems.push('anchor: milliseconds since the epoch are a whole number.');
  }
  if (rule.rolling === true && rule.per === 'total') problems.push('rolling: a total never ends, so it cannot roll.');
  if (rule.rolling === true && rule.anchor !== undefined) problems.push('rolling: a rolling period has no anchor.');
  return problems;
}

const CALENDAR_PERIODS: readonly CalendarPeriod[] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

function isLengthPeriod(per: string): boolean {
  return /^[1-9]\d{0,5}[mhdw]$/.test(per);
}

function isZone(zone: string): boolean {
  try {
    wallClockAt(0, zone);
    return true;
  } catch {
    return false;
  }
}

function lengthOf(per: string): { unit: 'm' | 'h' | 'd' | 'w'; lengthMs: number } {
  if (!isLengthPeriod(per)) throw new RangeError(`"${per}" is no period.`);
  const unit = per.slice(-1) as 'm' | 'h' | 'd' | 'w'; // as the expression says
  return { unit, lengthMs: Number(per.slice(0, -1)) * LENGTHS_MS[unit] };
}

function alignedWindow(at: number, from: number, lengthMs: number): PeriodWindow {
  const startsAt = from + Math.floor((at - from) / lengthMs) * lengthMs;
  return { startsAt, endsAt: startsAt + lengthMs };
}

/**
 * A window begins when the wall clock first reaches its start. So an hour that clocks go through twice is no second
 * window, also where they go back over midnight (St John's did until 2011), and a day that a zone leaves out is empty.
 */
function calendarWindow(
  at: number,
  zone: string,
  startOf: (wall: number) => number,
  next: (start: number) => number,
): PeriodWindow {
  let start = startOf(wallClockAt(at, zone));
  let startsAt = firstInstantOf(start, zone);
  for (;;) {
    const following = next(start);
    const endsAt = firstInstantOf(following, zone);
    if (at < endsAt) return { startsAt, endsAt };
    start = following;
    startsAt = endsAt;
  }
}

type LongPeriod = Exclude<CalendarPeriod, 'minute' | 'hour'>;

function startOfUnit(wall: number, per: LongPeriod): number {
  const date = new Date(wall);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (per) {
    case 'day':
      return dayNumber(wall) * DAY_MS;
    case 'week':
      // Day 0 was a Thursday.
      return (dayNumber(wall) - ((((dayNumber(wall) + 3) % 7) + 7) % 7)) * DAY_MS;
    case 'month':
      return Date.UTC(year, month);
    case 'quarter':
      return Date.UTC(year, month - (month % 3));
    case 'year':
      return Date.UTC(year, 0);
  }
}

function nextUnit(start: number, per: LongPeriod): number {
  const date = new Date(start);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (per) {
    case 'day':
      return start + DAY_MS;
    case 'week':
      return start + 7 * DAY_MS;
    case 'month':
      return Date.UTC(year, month + 1);
    case 'quarter':
      return Date.UTC(year, month + 3);
    case 'year':
      return Date.UTC(year + 1, 0);
  }
}
