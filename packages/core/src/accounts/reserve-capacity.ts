import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { estimateInputTokens } from '../pricing/estimate-tokens.js';
import type { RateLimits } from '../principal.js';
import type { CounterStore, ReserveAnswer } from '../store.js';
import type { CounterKey } from '../usage/counter-key.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { createLimits, type Limit } from './limits-of-call.js';

/**
 * Reserves capacity under limits of a deployment or a route, atomically or not at all, in the same store as the
 * callers' limits, so that all instances share them. If the store fails, calls are allowed: these limits avoid a
 * vendor's 429, they do not protect money.
 */
export type ReserveCapacity = (
  key: CounterKey,
  limits: RateLimits,
  call: Call,
  deployment: Deployment | undefined,
) => MaybePromise<CapacityReservation>;

type CapacityReservation =
  | { settle(usage: Usage | undefined): void }
  | {
      /** When there is capacity again, milliseconds since the epoch; undefined if this call can never fit. */
      readonly retryAt: number | undefined;
    };

/** The estimate for answers without a limit; the actual usage is settled. */
const USUAL_OUTPUT_TOKENS = 1_000;

/** A call that ends frees capacity for the next; when that happens is not known. */
const SOON_MS = 200;

/** No attempt takes longer than its deadline, which is ten minutes by default. */
const LEASE_MS = 15 * 60_000;

export function createCapacityReserver(
  counters: CounterStore,
  clock: Clock,
  onFailure?: (cause: unknown) => void,
): ReserveCapacity {
  const limitsFor = createLimits();

  return (key, rates, call, deployment) => {
    const now = clock.now();
    const { summary } = call;
    const most = deployment?.maxOutputTokens ?? Number.POSITIVE_INFINITY;
    const output = summary.maxOutputTokens ?? Math.min(USUAL_OUTPUT_TOKENS, most);
    const inputTokens = estimateInputTokens(summary);
    const need = { tokens: inputTokens + output, inputTokens, outputTokens: output, costNanoUsd: 0 };
    const limits = limitsFor(key, rates, undefined, need, now);
    try {
      const answer = counters.reserve(limits, LEASE_MS);
      if (!isPromise(answer)) return reservationOf(answer, limits, now);
      return answer.then((later) => reservationOf(later, limits, now), failOpen);
    } catch (cause) {
      return failOpen(cause);
    }
  };

  function reservationOf(answer: ReserveAnswer, limits: readonly Limit[], now: number): CapacityReservation {
    if (!answer.ok) return { retryAt: retryAtOf(limits[answer.refused] as Limit, answer, now) };
    const { reservation } = answer;
    let isSettled = false;
    return {
      settle(usage) {
        if (isSettled) return;
        isSettled = true;
        try {
          const done = counters.settle(
            reservation,
            limits.map((limit) => actual(limit, usage)),
          );
          if (isPromise(done)) done.then(undefined, (cause: unknown) => onFailure?.(cause));
        } catch (cause) {
          onFailure?.(cause);
        }
      },
    };
  }

  function failOpen(cause: unknown): CapacityReservation {
    onFailure?.(cause);
    return { settle() {} };
  }
}

function retryAtOf({ kind, amount, limit, resetsAt }: Limit, answer: ReserveAnswer, now: number): number | undefined {
  if (amount > limit) return undefined;
  if (kind === 'calls') return now + SOON_MS;
  // A smaller call may still fit, so the state of the deployment does not change; this call tries another one.
  if (kind === 'tokens' && (answer.remaining[0] ?? 0) > limit / 20) return undefined;
  return resetsAt ?? now + SOON_MS;
}

function actual({ kind }: Limit, usage: Usage | undefined): number {
  if (kind === 'requests') return 1;
  if (kind !== 'tokens' || usage === undefined) return 0;
  return Math.max(0, Math.ceil(totalInputTokens(usage) + totalOutputTokens(usage))) || 0;
}
