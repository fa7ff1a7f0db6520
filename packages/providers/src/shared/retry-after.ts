import { isJsonObject } from '@portico/core';
import type { HeaderLookup } from '@portico/core/provider';

/** Longer than a day is ignored: some vendors send a time of day instead of seconds. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * How long an answer asks to wait, in milliseconds: `retry-after-ms`, `retry-after` in seconds or as an HTTP date, or
 * Google's `RetryInfo` in the body. Undefined if there is none. A date is relative to the answer's own `date`, so
 * that a wrong clock here has no effect, and to `nowMs` if it has none.
 */
export function retryAfterMs(headers: HeaderLookup, body: unknown, nowMs: () => number = Date.now): number | undefined {
  const found =
    milliseconds(headers.get('retry-after-ms'), 1) ??
    milliseconds(headers.get('retry-after'), 1000) ??
    untilDate(headers, nowMs) ??
    retryInfo(body);
  if (found === undefined || found > MAX_RETRY_AFTER_MS) return undefined;
  return Math.ceil(found);
}

function milliseconds(text: string | undefined, unitMs: number): number | undefined {
  if (text === undefined || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined;
  return Number(text) * unitMs;
}

function untilDate(headers: HeaderLookup, nowMs: () => number): number | undefined {
  const text = headers.get('retry-after') ?? '';
  // Only if it begins with a weekday: `Date.parse` accepts almost anything as a date.
  const at = /^\s*[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  const answeredAt = Date.parse(headers.get('date') ?? '');
  return Math.max(0, at - (Number.isNaN(answeredAt) ? nowMs() : answeredAt));
}

/** https://cloud.google.com/apis/design/errors: `details[].retryDelay` is a duration such as `"12s"` or `"1.5s"`. */
function retryInfo(body: unknown): number | undefined {
  const whole: unknown = Array.isArray(body) ? body[0] : body;
  const error = isJsonObject(whole) ? whole.error : undefined;
  if (!isJsonObject(error) || !Array.isArray(error.details)) return undefined;
  for (const detail of error.details as unknown[]) {
    if (!isJsonObject(detail) || typeof detail.retryDelay !== 'string') continue;
    const delay = milliseconds(detail.retryDelay.replace(/s$/, ''), 1000);
    if (delay !== undefined) return delay;
  }
  return undefined;
}
