import type { GatewayError } from '../errors.js';
import type { RetryPolicy } from '../model-group.js';

/**
 * How long to wait before the retry with this number (from 0): what the upstream asked for, else exponential with
 * jitter.
 */
export function retryDelayMs(failure: GatewayError, retry: number, policy: RetryPolicy, random: () => number): number {
  if (failure.retryAfterMs !== undefined) return failure.retryAfterMs;
  const most = Math.min(policy.baseDelayMs * 2 ** retry, policy.maxDelayMs);
  return most / 2 + random() * (most / 2);
}
