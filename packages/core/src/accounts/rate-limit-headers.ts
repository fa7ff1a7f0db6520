import type { ReplyHeaders } from '../reply.js';
import type { Limit } from './limits-of-call.js';

/** What is left of the limits on requests and tokens, as headers in the format of OpenAI's API: of several, the tightest. */
export function rateLimitHeaders(limits: readonly Limit[], remaining: readonly number[], now: number): ReplyHeaders {
  const headers: string[] = [];
  for (const kind of ['requests', 'tokens'] as const) {
    const at = tightest(kind, limits, remaining);
    if (at < 0) continue;
    const limit = limits[at] as Limit;
    headers.push(
      `x-ratelimit-limit-${kind}`,
      String(limit.limit),
      `x-ratelimit-remaining-${kind}`,
      String(Math.max(0, remaining[at] ?? 0)),
      `x-ratelimit-reset-${kind}`,
      shortDuration(limit.period.endsAt - now),
    );
  }
  return headers;
}

/** The limit of which the smallest share is left; -1 if there is none. */
function tightest(kind: 'requests' | 'tokens', limits: readonly Limit[], remaining: readonly number[]): number {
  let found = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < limits.length; at++) {
    const { kind: counted, limit } = limits[at] as Limit;
    if (counted !== kind) continue;
    const share = (remaining[at] ?? 0) / limit;
    if (found >= 0 && !(share < least)) continue;
    found = at;
    least = share;
  }
  return found;
}

// As Go prints a duration: `250ms`, `42s`, `1m0s`.
function shortDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '0s';
  if (ms < 1_000) return `${Math.max(0, Math.ceil(ms))}ms`;
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
