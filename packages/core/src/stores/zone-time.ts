// Node 20 has no Temporal. What a wall clock shows is kept as the number of milliseconds that a clock in UTC showing the
// same would stand at: so days and months of every zone are plain arithmetic.

const DAY_MS = 86_400_000;

/** What the clock on a wall in the zone shows at a moment. Throws a RangeError for a zone that does not exist. */
export function wallClockAt(at: number, zone: string): number {
  if (zone === 'UTC') return at;
  const seconds = Math.floor(at / 1_000) * 1_000;
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(seconds)) shown[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (at - seconds);
}

/**
 * The first moment at which the clock of the zone shows `wall` or later. Where clocks go back and show it twice, it is
 * the first time; where they leave it out, it is the moment they do.
 */
export function firstInstantOf(wall: number, zone: string): number {
  if (zone === 'UTC') return wall;
  const offsetAt = (at: number) => wallClockAt(at, zone) - at;
  // No zone is more than 14 hours away, and none changes twice in two days.
  const before = offsetAt(wall - DAY_MS);
  const after = offsetAt(wall + DAY_MS);
  if (before === after || offsetAt(wall - before) === before) return wall - before;
  if (offsetAt(wall - after) === after) return wall - after;
  return changeBetween(wall - after, wall - before, (at) => offsetAt(at) === after);
}

/** Whole days since the epoch. */
export function dayNumber(wall: number): number {
  return Math.floor(wall / DAY_MS);
}

/** The first moment after `from`, up to `to`, at which the offset has changed. */
function changeBetween(from: number, to: number, isChanged: (at: number) => boolean): number {
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isChanged(middle)) high = middle;
    else low = middle;
  }
  return high;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than a hundred uses of it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}
