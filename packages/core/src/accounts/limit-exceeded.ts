import { GatewayError } from '../errors.js';
import type { ReplyHeaders } from '../reply.js';
import type { Limit } from './limits-of-call.js';

// When a running call will end is not known; trying again sooner than this would be a busy loop.
const RETRY_CALLS_MS = 1_000;

/** The rejection of a call that exceeds a limit: what the limit is, what is left of it, what the call needs. */
export function limitExceeded(limit: Limit, remaining: number, now: number, limitHeaders: ReplyHeaders): GatewayError {
  const left = Math.max(0, remaining);
  // A call that needs more than the whole limit will not fit later either.
  const resetMs =
    limit.amount > limit.limit || limit.resetsAt === undefined ? undefined : Math.max(0, limit.resetsAt - now);
  // Official clients retry every 429 that does not forbid it; over a budget every retry would be rejected.
  const neverFits = limit.kind !== 'budget' && limit.amount > limit.limit;
  const headers = neverFits ? [...limitHeaders, 'x-should-retry', 'false'] : limitHeaders;
  const retry = resetMs === undefined ? '' : ` Try again in ${Math.ceil(resetMs / 1_000)} s.`;
  switch (limit.kind) {
    case 'requests':
      return new GatewayError('over_rate_limit', `Over the limit of ${limit.limit} requests per minute.${retry}`, {
        retryAfterMs: resetMs,
        headers,
      });
    case 'tokens':
      return new GatewayError(
        'over_rate_limit',
        `Over the limit of ${limit.limit} tokens per minute: this call may need ${limit.amount} (its input plus its longest answer), and ${left} are left.${retry} A lower limit on output tokens needs fewer.`,
        { retryAfterMs: resetMs, headers },
      );
    case 'calls':
      return new GatewayError(
        'over_rate_limit',
        `Over the limit of ${limit.limit} concurrent calls. Wait until one of them has ended.`,
        { retryAfterMs: limit.limit > 0 ? RETRY_CALLS_MS : undefined, headers },
      );
    case 'budget':
      return new GatewayError('over_budget', budgetMessage(limit, left), { retryAfterMs: resetMs, headers });
  }
}

function budgetMessage(limit: Limit, left: number): string {
  const per = limit.resetsAt === undefined ? 'in total' : `per ${limit.period.kind}`;
  const starts = limit.resetsAt === undefined ? '' : ` It resets at ${new Date(limit.resetsAt).toISOString()}.`;
  return `Over the budget of ${usd(limit.limit)} ${per}: ${usd(limit.limit - left)} is spent or reserved and this call may cost up to ${usd(limit.amount)}.${starts}`;
}

function usd(nanoUsd: number): string {
  const dollars = nanoUsd / 1e9;
  return `$${dollars.toFixed(dollars >= 1 || dollars === 0 ? 2 : 6)}`;
}
