import type { Budget, RateLimits } from '../principal.js';
import type { CounterRequest } from '../store.js';
import type { Scope } from '../stores/scope.js';
import type { CountedAmount, CounterKey } from '../usage/counter-key.js';
import { createPeriods, type Period } from './counting-periods.js';

/** One limit of a call, and what the call reserves of it. */
export interface Limit extends CounterRequest {
  readonly kind: CountedAmount;
  readonly period: Period;
  /** Whose limit it is; undefined for one of the principal itself, or of a deployment. */
  readonly scope?: Scope;
  /** It refuses no call: observers are only notified when it is exceeded. */
  readonly isSoft?: boolean;
  /** Shares of the limit at which observers are notified. */
  readonly warnAt?: readonly number[] | undefined;
}

/** The most a call may need. */
export interface Need {
  readonly tokens: number;
  /** Of `tokens`, those of the input. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
}

/** All limits that are counted under a key, in the order in which they are told when there is no room. */
export type LimitsFor = (
  key: CounterKey,
  rates: RateLimits | undefined,
  budget: Budget | undefined,
  need: Need,
  now: number,
) => Limit[];

export function createLimits(): LimitsFor {
  const periods = {
    requests: createPeriods('requests'),
    tokens: createPeriods('tokens'),
    calls: createPeriods('calls'),
    budget: createPeriods('budget'),
  };
  return (key, rates, budget, need, now) => {
    const limits: Limit[] = [];
    if (rates?.requestsPerMinute !== undefined) {
      limits.push(limit('requests', 1, rates.requestsPerMinute, periods.requests('minute', now), key));
    }
    if (rates?.tokensPerMinute !== undefined) {
      limits.push(limit('tokens', need.tokens, rates.tokensPerMinute, periods.tokens('minute', now), key));
    }
    if (rates?.concurrentCalls !== undefined) {
      limits.push(limit('calls', 1, rates.concurrentCalls, periods.calls('total', now), key));
    }
    if (budget !== undefined) {
      const nanoUsd = Math.round(budget.usd * 1e9);
      limits.push(limit('budget', need.costNanoUsd, nanoUsd, periods.budget(budget.per ?? 'month', now), key));
    }
    return limits;
  };
}

function limit(kind: Limit['kind'], amount: number, most: number, period: Period, key: CounterKey): Limit {
  return {
    kind,
    period,
    // The key comes last, so that no id can be mistaken for another period's counter.
    key: period.keyPrefix + key,
    amount,
    limit: most,
    resetsAt: period.endsAt === Number.POSITIVE_INFINITY ? undefined : period.endsAt,
  };
}
