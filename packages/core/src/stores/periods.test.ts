import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Period, periodProblems, rollingWindowOf, windowOf } from './periods.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Among them: half hours, daylight saving of half an hour and of two, changes at midnight and a minute after, a day left out. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Africa/Cairo',
  'Asia/Tehran',
  'Etc/GMT-14',
  'Etc/GMT+12',
];

const aMoment = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2040, 0) });
const aZone = fc.constantFrom(...ZONES);
const LONG = ['day', 'week', 'month', 'quarter', 'year'] as const;

describe('windows of the calendar', () => {
  it('are those of a model that looks at the clock on the wall every minute', () => {
    fc.assert(
      fc.property(aMoment, aZone, fc.constantFrom('day', 'week'), (at, zone, per) => {
        const { startsAt, endsAt } = windowOf({ per, zone }, at);
        expect(startsAt).toBeLessThanOrEqual(at);
        expect(endsAt).toBeGreaterThan(at);
        for (const edge of [startsAt, endsAt]) expect(edge).toBe(naiveEdge(edge, zone, per));
      }),
      { numRuns: 300 },
    );
  });

  it('follow each other without a gap and without an overlap, in every zone', () => {
    fc.assert(
      fc.property(aMoment, aZone, fc.constantFrom(...LONG), (at, zone, per) => {
        const window = windowOf({ per, zone }, at);
        const next = windowOf({ per, zone }, window.endsAt);
        const before = windowOf({ per, zone }, window.startsAt - 1);
        expect(next.startsAt).toBe(window.endsAt);
        expect(before.endsAt).toBe(window.startsAt);
        expect(windowOf({ per, zone }, window.startsAt)).toEqual(window);
        expect(windowOf({ per, zone }, window.endsAt - 1)).toEqual(window);
      }),
      { numRuns: 1_000 },
    );
  });

  it('begin at midnight on the first of the unit, by the clock on the wall', () => {
    fc.assert(
      fc.property(aMoment, fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Etc/GMT-14'), (at, zone) => {
        const shownAt = (per: Period) => shown(windowOf({ per, zone }, at).startsAt, zone);
        expect(shownAt('month')).toMatch(/^\d{4}-\d\d-01 00:00:00$/);
        expect(shownAt('quarter')).toMatch(/^\d{4}-(01|04|07|10)-01 00:00:00$/);
        expect(shownAt('year')).toMatch(/^\d{4}-01-01 00:00:00$/);
        expect(new Date(`${shownAt('week').slice(0, 10)}T00:00:00Z`).getUTCDay()).toBe(1);
      }),
    );
  });

  it.each([
    ['the day in spring that has 23 hours', 'Europe/Berlin', '2026-03-29T10:00:00Z', 23],
    ['the day in autumn that has 25', 'Europe/Berlin', '2026-10-25T10:00:00Z', 25],
    ['a leap day', 'Europe/Berlin', '2028-02-29T10:00:00Z', 24],
    ['a day whose midnight is left out', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', 23],
    ['a day of daylight saving of half an hour', 'Australia/Lord_Howe', '2026-10-03T20:00:00Z', 23.5],
    ['the day after the one that Samoa left out', 'Pacific/Apia', '2011-12-30T12:00:00Z', 24],
  ])('%s is one day: %s %s', (_name, zone, at, hours) => {
    const { startsAt, endsAt } = windowOf({ per: 'day', zone }, Date.parse(at));
    expect((endsAt - startsAt) / HOUR).toBe(hours);
  });

  it('give the last minute of a day that clocks go back to after midnight to the day that has begun', () => {
    // 2010-11-07 in St John's: at 00:01 clocks went back to 23:01 of the day before.
    const zone = 'America/St_Johns';
    const change = Date.UTC(2010, 10, 7, 2, 31);
    const window = windowOf({ per: 'day', zone }, change - 1);
    expect(shown(window.startsAt, zone)).toBe('2010-11-07 00:00:00');
    expect(windowOf({ per: 'day', zone }, change + 1)).toEqual(window);
    expect(window.endsAt - window.startsAt).toBe(25 * HOUR);
  });

  it('minutes and hours are those of UTC in every zone', () => {
    fc.assert(
      fc.property(aMoment, aZone, (at, zone) => {
        expect(windowOf({ per: 'minute', zone }, at)).toEqual({
          startsAt: at - (at % MINUTE),
          endsAt: at - (at % MINUTE) + MINUTE,
        });
        expect(windowOf({ per: 'hour', zone }, at)).toEqual({
          startsAt: at - (at % HOUR),
          endsAt: at - (at % HOUR) + HOUR,
        });
      }),
    );
  });

  it('a total has one window', () => {
    expect(windowOf({ per: 'total' }, 0)).toEqual({
      startsAt: Number.NEGATIVE_INFINITY,
      endsAt: Number.POSITIVE_INFINITY,
    });
  });
});

describe('lengths with an anchor', () => {
  it('have one window that begins at the anchor, and follow each other without a gap', () => {
    fc.assert(
      fc.property(
        aMoment,
        aMoment,
        aZone,
        fc.constantFrom<Period>('30d', '7d', '2w', '5h', '90m'),
        (at, anchor, zone, per) => {
          const rule = { per, zone, anchor };
          const window = windowOf(rule, at);
          expect(window.startsAt).toBeLessThanOrEqual(at);
          expect(window.endsAt).toBeGreaterThan(at);
          expect(windowOf(rule, window.endsAt).startsAt).toBe(window.endsAt);
          expect(windowOf(rule, window.startsAt - 1).endsAt).toBe(window.startsAt);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('keep their time of day when clocks change, if they are days', () => {
    const zone = 'Europe/Berlin';
    const anchor = Date.UTC(2026, 2, 1, 8); // 09:00
    const { startsAt, endsAt } = windowOf({ per: '30d', zone, anchor }, Date.UTC(2026, 2, 31));
    expect(startsAt).toBe(Date.UTC(2026, 2, 31, 7) - 30 * DAY + HOUR);
    expect(shown(startsAt, zone)).toBe('2026-03-01 09:00:00');
    expect(shown(endsAt, zone)).toBe('2026-03-31 09:00:00');
  });
});

describe('lengths that begin with the first call', () => {
  it('last their length from it, and then begin with the call that comes next', () => {
    expect(windowOf({ per: '5h' }, 1_000)).toEqual({ startsAt: 1_000, endsAt: 1_000 + 5 * HOUR });
    expect(windowOf({ per: '5h' }, 4 * HOUR, 1_000)).toEqual({ startsAt: 1_000, endsAt: 1_000 + 5 * HOUR });
    expect(windowOf({ per: '5h' }, 1_000 + 5 * HOUR, 1_000)).toEqual({
      startsAt: 1_000 + 5 * HOUR,
      endsAt: 1_000 + 10 * HOUR,
    });
  });

  it('stay the same while a clock is set back before it', () => {
    expect(windowOf({ per: '5h' }, 10 * HOUR - HOUR, 10 * HOUR).startsAt).toBe(10 * HOUR);
  });
});

describe('rolling windows', () => {
  it('hold the whole period before a moment, and at most a sixtieth more', () => {
    fc.assert(
      fc.property(
        aMoment,
        fc.constantFrom<Period>('minute', 'hour', 'day', 'week', 'month', '5h', '30d'),
        (at, per) => {
          const { startsAt, endsAt, partMs } = rollingWindowOf(per, at);
          const length = partMs * 60;
          expect(startsAt).toBeLessThanOrEqual(at - length);
          expect(startsAt).toBeGreaterThan(at - length - partMs);
          expect(endsAt).toBeGreaterThan(at);
          expect(endsAt - startsAt).toBe(61 * partMs);
          expect(startsAt % partMs).toBe(0);
        },
      ),
    );
  });

  it('are what they are called', () => {
    expect(rollingWindowOf('minute', 0).partMs).toBe(1_000);
    expect(rollingWindowOf('5h', 0).partMs).toBe(5 * MINUTE);
    expect(() => rollingWindowOf('total', 0)).toThrow(RangeError);
    expect(() => rollingWindowOf('m' as Period, 0)).toThrow(RangeError);
  });
});

describe('a clock that steps', () => {
  it('finds the windows it was in before: a window is a function of the moment alone', () => {
    fc.assert(
      fc.property(
        aMoment,
        fc.integer({ min: -2 * DAY, max: 2 * DAY }),
        aZone,
        fc.constantFrom(...LONG),
        (at, step, zone, per) => {
          const before = windowOf({ per, zone }, at);
          windowOf({ per, zone }, at + step);
          expect(windowOf({ per, zone }, at)).toEqual(before);
        },
      ),
    );
  });
});

describe('rules that cannot be', () => {
  it.each([
    [{ per: 'fortnight' as Period }, 'per'],
    [{ per: '0d' as Period }, 'per'],
    [{ per: '-1h' as Period }, 'per'],
    [{ per: 'day' as const, zone: 'Mars/Olympus' }, 'zone'],
    [{ per: 'month' as const, anchor: 0 }, 'anchor'],
    [{ per: '30d' as const, anchor: Number.NaN }, 'anchor'],
    [{ per: 'total' as const, rolling: true }, 'rolling'],
    [{ per: '5h' as const, rolling: true, anchor: 0 }, 'rolling'],
  ])('%j is told: %s', (rule, field) => {
    expect(periodProblems(rule)).toEqual([expect.stringMatching(new RegExp(`^${field}: `))]);
  });

  it('throw where they are used all the same', () => {
    expect(() => windowOf({ per: 'fortnight' as Period }, 0)).toThrow(RangeError);
    expect(() => windowOf({ per: 'day', zone: 'Mars/Olympus' }, 0)).toThrow(RangeError);
    expect(() => windowOf({ per: 'day', rolling: true }, 0)).toThrow(RangeError);
  });

  it('and those that can be have no problems', () => {
    fc.assert(
      fc.property(fc.constantFrom<Period>('minute', 'quarter', 'total', '30d', '5h', '2w'), aZone, (per, zone) => {
        expect(periodProblems({ per, zone })).toEqual([]);
      }),
    );
  });
});

const walls = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }),
  ]),
);

/** What the clock on the wall shows, written another way than in the code under test. */
function shown(at: number, zone: string): string {
  return (walls.get(zone) as Intl.DateTimeFormat).format(at);
}

/**
 * The first moment, looking at the wall every minute from two days before, at which the wall shows the day of `near` or
 * a later one; for a week, the Monday or later.
 */
function naiveEdge(near: number, zone: string, per: 'day' | 'week'): number | undefined {
  const dayAt = (at: number) => shown(at, zone).slice(0, 10);
  const day = dayAt(near);
  if (per === 'week' && new Date(`${day}T00:00:00Z`).getUTCDay() !== 1) return undefined;
  for (let at = near - 2 * HOUR; at <= near; at += MINUTE) if (dayAt(at) >= day) return at;
  return undefined;
}
