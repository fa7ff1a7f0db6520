import type { Call } from '../call.js';
import type { Budget, RateLimits } from '../principal.js';
import type { CounterRequest } from '../store.js';
import type { Period, PeriodKind } from './counting-periods.js';

/** One limit a call must fit into, and what it reserves of it. */
export interface Limit extends CounterRequest {
  readonly kind: 'requests' | 'tokens' | 'calls' | 'budget';
  readonly period: Period;
}

/** What a call may need at most. */
export interface Need {
  readonly tokens: number;
  readonly costNanoUsd: number;
}

/** All limits of a call in the order in which they are told when there is no room: requests, tokens, calls at a time, budget. */
export function limitsOf(
  call: Call,
  rates: RateLimits | undefined,
  budget: Budget | undefined,
  need: Need,
  periodOf: (kind: PeriodKind) => Period,
): Limit[] {
  const { id } = call.principal;
  const limits: Limit[] = [];
  if (rates?.requestsPerMinute !== undefined) {
    limits.push(limit('requests', 1, rates.requestsPerMinute, periodOf('minute'), id));
  }
  if (rates?.tokensPerMinute !== undefined) {
    limits.push(limit('tokens', need.tokens, rates.tokensPerMinute, periodOf('minute'), id));
  }
  if (rates?.concurrentCalls !== undefined) {
    limits.push(limit('calls', 1, rates.concurrentCalls, periodOf('total'), id));
  }
  if (budget !== undefined) {
    limits.push(limit('budget', need.costNanoUsd, Math.round(budget.usd * 1e9), periodOf(budget.per ?? 'month'), id));
  }
  return limits;
}

function limit(kind: Limit['kind'], amount: number, most: number, period: Period, id: string): Limit {
  return {
    kind,
    period,
    // The id comes last, so that no id can be mistaken for another period's counter.
    key: `${kind}:${period.tag}:${id}`,
    amount,
    limit: most,
    resetsAt: period.endsAt === Number.POSITIVE_INFINITY ? undefined : period.endsAt,
  };
}
