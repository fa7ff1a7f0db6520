import type { ReplyHeaders } from '../reply.js';
import type { Limit } from './limits-of-call.js';

/** What is left of the limits per minute, as headers in the format of OpenAI's API. */
export function rateLimitHeaders(limits: readonly Limit[], remaining: readonly number[], now: number): ReplyHeaders {
  const headers: string[] = [];
  for (let at = 0; at < limits.length; at++) {
    const limit = limits[at] as Limit;
    if (limit.kind !== 'requests' && limit.kind !== 'tokens') continue;
    headers.push(
      `x-ratelimit-limit-${limit.kind}`,
      String(limit.limit),
      `x-ratelimit-remaining-${limit.kind}`,
      String(Math.max(0, remaining[at] ?? 0)),
      `x-ratelimit-reset-${limit.kind}`,
      shortDuration(limit.period.endsAt - now),
    );
  }
  return headers;
}

// As Go prints a duration: `250ms`, `42s`, `1m0s`.
function shortDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.ceil(ms))}ms`;
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
