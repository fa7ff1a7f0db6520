import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { CounterKey } from '../counter-key.js';
import type { Deployment } from '../deployment.js';
import { isPromise, type MaybePromise } from '../json.js';
import type { RateLimits } from '../principal.js';
import type { CounterStore, ReserveAnswer } from '../store.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage.js';
import { estimateInputTokens } from './estimate-tokens.js';
import { type Limit, openLimits } from './limits-of-call.js';

/**
 * Reserves room under limits that are nobody's in particular: a deployment's, a route's. In one atomic step or not at all,
 * in the same store as the callers' own, so that all instances together keep them. A store that fails lets calls through:
 * these limits spare a vendor's refusal, they guard nobody's money.
 */
export type ReserveRoom = (
  key: CounterKey,
  limits: RateLimits,
  call: Call,
  deployment: Deployment | undefined,
) => MaybePromise<Room>;

type Room =
  | { settle(usage: Usage | undefined): void }
  | {
      /** There is room again then, milliseconds since the epoch; undefined if this call can never fit. */
      readonly fullUntil: number | undefined;
    };

/** Answers without a bound are reckoned with this much; what they really take is settled. */
const USUAL_OUTPUT_TOKENS = 1_000;

/** One call at a time that ends makes room for the next; nobody knows when that is. */
const SOON_MS = 200;

/** No attempt takes longer than its deadline, which is ten minutes unless somebody says otherwise. */
const LEASE_MS = 15 * 60_000;

export function openReserveRoom(
  counters: CounterStore,
  clock: Clock,
  onFailure?: (cause: unknown) => void,
): ReserveRoom {
  const limitsOf = openLimits();

  return (key, rates, call, deployment) => {
    const now = clock.now();
    const { demand } = call;
    const most = deployment?.maxOutputTokens ?? Number.POSITIVE_INFINITY;
    const output = demand.maxOutputTokens ?? Math.min(USUAL_OUTPUT_TOKENS, most);
    const need = { tokens: estimateInputTokens(demand) + output, costNanoUsd: 0 };
    const limits = limitsOf(key, rates, undefined, need, now);
    try {
      const answer = counters.reserve(limits, LEASE_MS);
      if (!isPromise(answer)) return roomOf(answer, limits, now);
      return answer.then((later) => roomOf(later, limits, now), letThrough);
    } catch (cause) {
      return letThrough(cause);
    }
  };

  function roomOf(answer: ReserveAnswer, limits: readonly Limit[], now: number): Room {
    if (!answer.ok) return { fullUntil: fullUntil(limits[answer.refused] as Limit, answer, now) };
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

  function letThrough(cause: unknown): Room {
    onFailure?.(cause);
    return { settle() {} };
  }
}

function fullUntil({ kind, amount, limit, resetsAt }: Limit, answer: ReserveAnswer, now: number): number | undefined {
  if (amount > limit) return undefined;
  if (kind === 'calls') return now + SOON_MS;
  // A smaller call may well find room: others are not told, and this one looks elsewhere.
  if (kind === 'tokens' && (answer.remaining[0] ?? 0) > limit / 20) return undefined;
  return resetsAt ?? now + SOON_MS;
}

function actual({ kind }: Limit, usage: Usage | undefined): number {
  if (kind === 'requests') return 1;
  if (kind !== 'tokens' || usage === undefined) return 0;
  return Math.max(0, Math.ceil(totalInputTokens(usage) + totalOutputTokens(usage))) || 0;
}
