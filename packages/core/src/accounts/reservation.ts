import { isPromise, type MaybePromise } from '../encoding/json.js';
import type { GatewayError } from '../errors.js';
import type { ReplyHeaders } from '../reply.js';
import type { CounterStore, ReserveAnswer } from '../store.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { limitExceeded } from './limit-exceeded.js';
import type { Limit } from './limits-of-call.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

/** The reservation of an admitted call. Must be settled however the call ends. */
export interface Ticket {
  /** `x-ratelimit-*`, in OpenAI's format; empty without limits per minute. */
  readonly headers: ReplyHeaders;
  /**
   * Replaces the reservation by the actual usage; undefined means nothing. The request itself stays counted. Only the
   * first settlement counts, and none ever throws.
   */
  settle(usage: Usage | undefined, costNanoUsd: number | undefined): void;
  /**
   * Reserves tokens and money again, for a parallel attempt; undefined if the limits do not allow it. It is still one
   * request, and one concurrent call.
   */
  reserveMore(): MaybePromise<Pick<Ticket, 'settle'> | undefined>;
}

/** For calls without limits. */
export const NO_RESERVATION: Ticket = Object.freeze({ headers: [], settle() {}, reserveMore: () => NO_RESERVATION });

export interface ReservationDeps {
  readonly counters: CounterStore;
  /** Called for a settlement that the store did not accept. */
  onStoreFailure(cause: unknown): void;
}

/** The limits as the store is asked for them: a soft one refuses nobody. */
export function asRequests(limits: readonly Limit[]): readonly Limit[] {
  return limits.some(({ isSoft }) => isSoft === true)
    ? limits.map((limit) => (limit.isSoft === true ? { ...limit, limit: BEYOND_ALL } : limit))
    : limits;
}

/** A limit that is never reached, so that everything counted against it fits. */
export const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

/** The ticket of a reservation that was granted. Throws the refusal of one that was not. */
export function openTicket(
  answer: ReserveAnswer,
  limits: readonly Limit[],
  leaseMs: number,
  now: number,
  deps: ReservationDeps,
): Ticket {
  const headers = rateLimitHeaders(limits, answer.remaining, now);
  if (!answer.ok) throw exceeded(answer, limits, now, headers);
  const { settle } = reservationOf(answer.reservation, limits, deps);
  return {
    headers,
    settle,
    async reserveMore() {
      const costly = limits.filter(({ kind }) => kind !== 'requests' && kind !== 'calls');
      if (costly.length === 0) return NO_RESERVATION;
      const more = await deps.counters.reserve(asRequests(costly), leaseMs);
      return more.ok ? reservationOf(more.reservation, costly, deps) : undefined;
    },
  };
}

function exceeded(
  { refused, remaining }: ReserveAnswer & { readonly ok: false },
  limits: readonly Limit[],
  now: number,
  headers: ReplyHeaders,
): GatewayError {
  return limitExceeded(limits[refused] as Limit, remaining[refused] ?? 0, now, headers);
}

function reservationOf(
  reservation: string,
  limits: readonly Limit[],
  { counters, onStoreFailure }: ReservationDeps,
): Pick<Ticket, 'settle'> {
  let settled = false;
  return {
    settle(usage, costNanoUsd) {
      if (settled) return;
      settled = true;
      try {
        const done = counters.settle(reservation, actualOf(limits, usage, costNanoUsd));
        if (isPromise(done)) done.then(undefined, onStoreFailure);
      } catch (cause) {
        onStoreFailure(cause);
      }
    },
  };
}

function actualOf(limits: readonly Limit[], usage: Usage | undefined, costNanoUsd: number | undefined): number[] {
  const actual: number[] = [];
  for (const { kind } of limits) {
    if (kind === 'requests') actual.push(1);
    else if (kind === 'calls') actual.push(0);
    else if (kind === 'budget') actual.push(amount(costNanoUsd ?? 0));
    else actual.push(usage === undefined ? 0 : tokensOf(kind, usage));
  }
  return actual;
}

function tokensOf(kind: 'tokens' | 'inputTokens' | 'outputTokens', usage: Usage): number {
  const input = kind === 'outputTokens' ? 0 : totalInputTokens(usage);
  return amount(kind === 'inputTokens' ? input : input + totalOutputTokens(usage));
}

/** A counter that got NaN once would reject everybody for ever. */
export function amount(value: number): number {
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.ceil(value) : 0;
}
