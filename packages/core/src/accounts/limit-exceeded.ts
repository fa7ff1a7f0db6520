import { GatewayError } from '../errors.js';
import type { ReplyHeaders } from '../reply.js';
import type { ScopeKind } from '../stores/scope.js';
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
  const per = `${perOf(limit)}${whose(limit)}`;
  switch (limit.kind) {
    case 'requests':
      return new GatewayError('over_rate_limit', `Over the limit of ${limit.limit} requests ${per}.${retry}`, {
        retryAfterMs: resetMs,
        headers,
      });
    case 'calls':
      return new GatewayError(
        'over_rate_limit',
        `Over the limit of ${limit.limit} concurrent calls${whose(limit)}. Wait until one of them has ended.`,
        { retryAfterMs: limit.limit > 0 ? RETRY_CALLS_MS : undefined, headers },
      );
    case 'budget':
      return new GatewayError('over_budget', budgetMessage(limit, left, per), { retryAfterMs: resetMs, headers });
    default:
      return new GatewayError(
        'over_rate_limit',
        `Over the limit of ${limit.limit} ${TOKENS[limit.kind]} ${per}: this call may need ${limit.amount}${NEEDED[limit.kind]}, and ${left} are left.${retry}${limit.kind === 'inputTokens' ? '' : ' A lower limit on output tokens needs fewer.'}`,
        { retryAfterMs: resetMs, headers },
      );
  }
}

const TOKENS = { tokens: 'tokens', inputTokens: 'input tokens', outputTokens: 'output tokens' } as const;
const NEEDED = { tokens: ' (its input plus its longest answer)', inputTokens: '', outputTokens: '' } as const;

const WHOSE: Readonly<Record<ScopeKind, string>> = {
  key: 'this key',
  user: 'your account',
  team: 'your team',
  organization: 'your organization',
  customer: 'this customer',
  tag: 'a tag of this call',
  model: 'this model',
  global: 'this service',
};

function whose({ scope }: Limit): string {
  return scope === undefined ? '' : ` for ${WHOSE[scope.kind]}`;
}

function perOf({ resetsAt, period }: Limit): string {
  return resetsAt === undefined ? 'in total' : `per ${period.kind}`;
}

function budgetMessage(limit: Limit, left: number, per: string): string {
  const starts = limit.resetsAt === undefined ? '' : ` It resets at ${new Date(limit.resetsAt).toISOString()}.`;
  return `Over the budget of ${usd(limit.limit)} ${per}: ${usd(limit.limit - left)} is spent or reserved and this call may cost up to ${usd(limit.amount)}.${starts}`;
}

function usd(nanoUsd: number): string {
  const dollars = nanoUsd / 1e9;
  return `$${dollars.toFixed(dollars >= 1 || dollars === 0 ? 2 : 6)}`;
}
