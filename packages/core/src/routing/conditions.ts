import type { Call } from '../call.js';
import { isJsonObject } from '../encoding/json.js';
import type { Comparison, Condition, Match, Plain, TimeOfDay } from '../settings/condition.js';

/** Whether all of a condition is true of a call. A condition on something that the call does not specify is false. */
export function holds(condition: Condition, call: Call, now: number): boolean {
  const { principal, tags, headers, body, operation, stream, inputTokens, time } = condition;
  if (principal !== undefined && !holdsOf(principal, call)) return false;
  if (tags !== undefined && !matchesOne(call.tags, tags)) return false;
  for (const name in headers) if (!matches(call.headers.get(name.toLowerCase()), headers[name] as Match)) return false;
  for (const path in body) if (!matches(fieldAt(call.body, path), body[path] as Match)) return false;
  if (operation !== undefined && !one(operation).includes(call.operation.name)) return false;
  if (stream !== undefined && stream !== call.summary.stream) return false;
  if (inputTokens !== undefined && !compares(estimatedTokens(call), inputTokens)) return false;
  return time === undefined || isWithin(time, now);
}

function holdsOf({ id, team, tags, metadata }: NonNullable<Condition['principal']>, { principal }: Call): boolean {
  if (id !== undefined && !matches(principal.id, id)) return false;
  if (team !== undefined && !matches(principal.team, team)) return false;
  if (tags !== undefined && !matchesOne(principal.tags ?? [], tags)) return false;
  for (const name in metadata) {
    const own = principal.metadata;
    const value = own !== undefined && Object.hasOwn(own, name) ? own[name] : undefined;
    if (!matches(value, metadata[name] as Match)) return false;
  }
  return true;
}

function matchesOne(values: readonly string[], match: Match): boolean {
  if (values.length === 0) return matches(undefined, match);
  return values.some((value) => matches(value, match));
}

function matches(value: unknown, match: Match): boolean {
  const isMissing = value === undefined || value === null;
  if (typeof match !== 'object') return value === match;
  if (isList(match)) return match.includes(value as Plain);
  if (match.exists !== undefined && match.exists === isMissing) return false;
  return isMissing ? match.exists === false : compares(value, match);
}

function compares(value: unknown, match: Comparison): boolean {
  const { above, below, startsWith, endsWith, contains, in: list, not } = match;
  if (above !== undefined && !(typeof value === 'number' && value > above)) return false;
  if (below !== undefined && !(typeof value === 'number' && value < below)) return false;
  if (startsWith !== undefined && !(typeof value === 'string' && value.startsWith(startsWith))) return false;
  if (endsWith !== undefined && !(typeof value === 'string' && value.endsWith(endsWith))) return false;
  if (contains !== undefined && !((typeof value === 'string' || isList(value)) && value.includes(contains)))
    return false;
  if (list !== undefined && !list.includes(value as Plain)) return false;
  return not === undefined || !one(not).includes(value as Plain);
}

/** `metadata.plan`, `tools[0].type`. Only the body's own properties are found. */
function fieldAt(body: unknown, path: string): unknown {
  let value: unknown = body;
  for (const step of path.split(/[.[\]]+/)) {
    if (step === '') continue;
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isJsonObject(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

// The usual four characters per token, which users assume when they choose such a limit.
function estimatedTokens({ summary }: Call): number {
  return Math.ceil(summary.inputCharacters / 4);
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

function isWithin({ from = '00:00', to = '00:00', days, zone = 'UTC' }: TimeOfDay, now: number): boolean {
  const { minute, day } = localTime(now, zone);
  const [begins, ends] = [minutesOf(from), minutesOf(to)];
  const isOvernight = ends <= begins;
  const isBefore = isOvernight && minute < ends;
  if (!(isBefore || (minute >= begins && (isOvernight || minute < ends)))) return false;
  // The hours after midnight belong to the day on which the night began.
  const began = isBefore ? (day + 6) % 7 : day;
  return days === undefined || days.includes(DAYS[began] as (typeof DAYS)[number]);
}

function minutesOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

const zones = new Map<string, Intl.DateTimeFormat>();

function localTime(now: number, zone: string): { minute: number; day: number } {
  let format = zones.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    zones.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const day = DAYS.indexOf(String(parts.weekday).toLowerCase() as (typeof DAYS)[number]);
  return { minute: Number(parts.hour) * 60 + Number(parts.minute), day };
}

function one<T>(value: T | readonly T[]): readonly T[] {
  return isList(value) ? value : [value];
}

function isList<T, U>(value: T | readonly U[]): value is readonly U[] {
  return Array.isArray(value);
}
