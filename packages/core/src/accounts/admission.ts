import type { Call, FixedNeed } from '../call.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import type { ExplainedLimit } from '../explanation.js';
import { mayUseModel } from '../identity/access.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import { worstCaseOf } from '../pricing/cost.js';
import { estimateInputTokens } from '../pricing/estimate-tokens.js';
import type { PriceCatalog } from '../pricing/price-sheet.js';
import type { Budget, Principal, RateLimits } from '../principal.js';
import type { ReplyHeaders } from '../reply.js';
import { FALLBACK_LISTS, fallbackNames } from '../routes/routing-overrides.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { CounterStore, ReserveAnswer } from '../store.js';
import { type CounterKey, principalKey } from '../usage/counter-key.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { limitExceeded } from './limit-exceeded.js';
import { createLimits, type Limit, type Need } from './limits-of-call.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

export interface AdmissionDeps {
  readonly counters: CounterStore;
  readonly clock: Clock;
  /** Any group by name: a call may end up in any fallback. */
  findGroup(name: string): ModelGroup | undefined;
  /** For principals without limits or a budget of their own. */
  readonly defaults: GatewayConfig['defaults'];
  /** Whether models without a known price are allowed under a budget. */
  readonly unknownPrice: 'refuse' | 'allow';
  readonly priceCatalog: PriceCatalog;
  /**
   * Called for a settlement that the store did not accept: its reservation counts until the lease ends, then nothing.
   */
  readonly onStoreFailure?: (cause: unknown) => void;
}

export interface Admission {
  /**
   * Reserves all that a call may need of its principal's limits and budget, atomically or not at all. Throws, or
   * rejects with, `over_rate_limit`, `over_budget`, `forbidden` (code `price_unknown`), or `unavailable` if the store
   * fails: limits that cannot be checked are not skipped.
   */
  admit(call: Call<unknown, Operation>): MaybePromise<Ticket>;
  /**
   * The limits from which `admit` would reserve, and their state. Reserves nothing; rejects a call without a known
   * price as `admit` does.
   */
  explain(call: Call): Promise<ExplainedLimit[]>;
  /**
   * Counts usage that could not be reserved. Returns the error for further usage if a budget or a token limit is
   * exhausted. Never rejects.
   */
  charge(principal: Principal, usage: Usage, costNanoUsd: number | undefined): Promise<GatewayError | undefined>;
}

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

export function createAdmission(deps: AdmissionDeps): Admission {
  const { counters, clock, defaults, priceCatalog } = deps;
  const limitsFor = createLimits();
  const reaches = new WeakMap<ModelGroup, Reach>();

  function reachOf(call: Call<unknown, Operation>): Reach {
    if (call.overrides !== undefined) return measureReach(call, deps.findGroup);
    let reach = reaches.get(call.group);
    if (reach === undefined) {
      reach = measureReach(call, deps.findGroup);
      reaches.set(call.group, reach);
    }
    return reach;
  }

  /** The most a call can need, on any route. */
  function needOf(call: Call<unknown, Operation>, reach: Reach, hasBudget: boolean): Need {
    const { summary, principal } = call;
    const inputTokens = estimateInputTokens(summary);
    let outputTokens = summary.maxOutputTokens ?? 0;
    let costNanoUsd = 0;
    for (const { deployment, group } of reach.stops) {
      if (!canServe(deployment, call)) continue;
      if (group !== call.group && !mayUseModel(principal, group.name)) continue;
      const longest = summary.maxOutputTokens ?? deployment.maxOutputTokens * summary.answers;
      outputTokens = Math.max(outputTokens, longest);
      if (!hasBudget) continue;
      const sheet = priceCatalog.sheetOf(deployment);
      if (sheet !== undefined) costNanoUsd = Math.max(costNanoUsd, worstCaseOf(inputTokens, longest, sheet));
      else if (deps.unknownPrice === 'refuse') throw priceUnknown(call.group, deployment);
    }
    return { tokens: inputTokens + outputTokens, costNanoUsd };
  }

  function limitsForFixedNeed(
    need: Exclude<FixedNeed, 'uncounted'>,
    group: ModelGroup,
    key: CounterKey,
    rates: RateLimits | undefined,
    budget: Budget | undefined,
    now: number,
  ): Limit[] {
    if (need === 'nothing') {
      return limitsFor(key, rates && { ...rates, tokensPerMinute: undefined }, undefined, NO_NEED, now);
    }
    const { deployment, tokens, costNanoUsd } = need;
    if (budget !== undefined && costNanoUsd === undefined && deps.unknownPrice === 'refuse') {
      throw priceUnknown(group, deployment);
    }
    return limitsFor(key, rates, budget, { tokens, costNanoUsd: costNanoUsd ?? 0 }, now);
  }

  function open(answer: ReserveAnswer, limits: readonly Limit[], leaseMs: number, now: number): Ticket {
    const headers = rateLimitHeaders(limits, answer.remaining, now);
    if (!answer.ok) {
      throw limitExceeded(limits[answer.refused] as Limit, answer.remaining[answer.refused] ?? 0, now, headers);
    }
    const { settle } = reservationOf(answer.reservation, limits);
    return {
      headers,
      settle,
      async reserveMore() {
        const costly = limits.filter(({ kind }) => kind === 'tokens' || kind === 'budget');
        if (costly.length === 0) return NO_RESERVATION;
        const more = await counters.reserve(costly, leaseMs);
        return more.ok ? reservationOf(more.reservation, costly) : undefined;
      },
    };
  }

  function reservationOf(reservation: string, limits: readonly Limit[]): Pick<Ticket, 'settle'> {
    let settled = false;
    return {
      settle(usage, costNanoUsd) {
        if (settled) return;
        settled = true;
        try {
          const done = counters.settle(reservation, actualOf(limits, usage, costNanoUsd));
          if (isPromise(done)) done.then(undefined, tellStoreFailure);
        } catch (cause) {
          tellStoreFailure(cause);
        }
      },
    };
  }

  function tellStoreFailure(cause: unknown): void {
    deps.onStoreFailure?.(cause);
  }

  /** What a call would reserve; empty if its principal has no limits. */
  function limitsForCall(call: Call<unknown, Operation>, now: number): readonly Limit[] {
    const { principal, fixedNeed } = call;
    const rates = principal.limits ?? defaults?.limits;
    const budget = principal.budget ?? defaults?.budget;
    if ((rates === undefined && budget === undefined) || fixedNeed === 'uncounted') return NO_LIMITS;
    if (fixedNeed !== undefined)
      return limitsForFixedNeed(fixedNeed, call.group, principalKey(principal.id), rates, budget, now);
    const hasNeed = budget !== undefined || rates?.tokensPerMinute !== undefined;
    const need = hasNeed ? needOf(call, reachOf(call), budget !== undefined) : NO_NEED;
    return limitsFor(principalKey(principal.id), rates, budget, need, now);
  }

  return {
    admit(call) {
      const now = clock.now();
      const limits = limitsForCall(call, now);
      if (limits.length === 0) return NO_RESERVATION;

      const leaseMs = call.maxDurationMs + LEASE_MARGIN_MS;
      let answer: MaybePromise<ReserveAnswer>;
      try {
        answer = counters.reserve(limits, leaseMs);
      } catch (cause) {
        throw storeFailed(cause);
      }
      if (!isPromise(answer)) return open(answer, limits, leaseMs, now);
      return answer.then(
        (later) => open(later, limits, leaseMs, now),
        (cause: unknown) => {
          throw storeFailed(cause);
        },
      );
    },

    async explain(call) {
      const limits = limitsForCall(call, clock.now());
      return await Promise.all(
        limits.map(async ({ kind, period, key, limit, amount }) => {
          const { used, reserved } = await counters.read(key);
          const taken = used + reserved;
          return { counted: kind, per: period.kind, limit, taken, needs: amount, fits: taken + amount <= limit };
        }),
      );
    },

    async charge(principal, usage, costNanoUsd) {
      const budget = principal.budget ?? defaults?.budget;
      const tokensPerMinute = (principal.limits ?? defaults?.limits)?.tokensPerMinute;
      const now = clock.now();
      const used = {
        tokens: amount(totalInputTokens(usage) + totalOutputTokens(usage)),
        costNanoUsd: amount(costNanoUsd ?? 0),
      };
      const limits = limitsFor(principalKey(principal.id), { tokensPerMinute }, budget, used, now);
      if (limits.length === 0) return undefined;
      try {
        // It is spent, whether or not the limits allowed it.
        const answer = await counters.reserve(
          limits.map((limit) => ({ ...limit, limit: BEYOND_ALL })),
          LEASE_MARGIN_MS,
        );
        if (!answer.ok) return undefined;
        await counters.settle(
          answer.reservation,
          limits.map((limit) => limit.amount),
        );
        const full = limits.findIndex((limit, index) => BEYOND_ALL - (answer.remaining[index] ?? 0) > limit.limit);
        return full < 0 ? undefined : limitExceeded(limits[full] as Limit, 0, now, []);
      } catch (cause) {
        tellStoreFailure(cause);
        return undefined;
      }
    },
  };
}

/** A limit that is never reached, so that everything counted against it fits. */
const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

const NO_LIMITS: readonly Limit[] = [];
/** For calls without limits. */
export const NO_RESERVATION: Ticket = Object.freeze({ headers: [], settle() {}, reserveMore: () => NO_RESERVATION });
const NO_NEED: Need = { tokens: 0, costNanoUsd: 0 };

/** Every group in which a call can end up. */
interface Reach {
  readonly stops: readonly { readonly deployment: Deployment; readonly group: ModelGroup }[];
}

// The call's own deadline ends it first; the rest is time for settling.
const LEASE_MARGIN_MS = 60_000;

function measureReach(call: Call<unknown, Operation>, findGroup: AdmissionDeps['findGroup']): Reach {
  const reached = new Set([call.group]);
  // A Set also iterates entries that are added during the loop.
  for (const group of reached) {
    const names = [group.references, ...FALLBACK_LISTS.map((list) => fallbackNames(call, group, list))];
    for (const list of names) {
      for (const name of list) {
        const next = findGroup(name);
        if (next !== undefined) reached.add(next);
      }
    }
  }
  const stops = [...reached].flatMap((group) => group.deployments.map((deployment) => ({ deployment, group })));
  return { stops };
}

/** Each operation is in at most one of the two tables: realtime sessions are relayed. */
function canServe({ codecs, connection }: Deployment, { operation: { name } }: Call<unknown, Operation>): boolean {
  return isIn(codecs, name) || isIn(connection.relays, name);
}

function isIn(table: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  return table?.[name] !== undefined;
}

function actualOf(limits: readonly Limit[], usage: Usage | undefined, costNanoUsd: number | undefined): number[] {
  const actual: number[] = [];
  for (const { kind } of limits) {
    if (kind === 'requests') actual.push(1);
    else if (kind === 'tokens') actual.push(usage ? amount(totalInputTokens(usage) + totalOutputTokens(usage)) : 0);
    else if (kind === 'budget') actual.push(amount(costNanoUsd ?? 0));
    else actual.push(0);
  }
  return actual;
}

// A counter that got NaN once would reject everybody for ever.
function amount(value: number): number {
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.ceil(value) : 0;
}

function priceUnknown(group: ModelGroup, deployment: Deployment): GatewayError {
  return new GatewayError(
    'forbidden',
    `"${group.name}" cannot be used under a budget: no price is known for it or one of its fallbacks. The operator of this service can set its price.`,
    {
      code: 'price_unknown',
      cause: new Error(
        `Deployment "${deployment.id}" has no price in the configuration and "${deployment.baseModel}" has none in the catalogue: set its "price", or unknownPrice: 'allow'.`,
      ),
    },
  );
}

function storeFailed(cause: unknown): GatewayError {
  return new GatewayError('unavailable', 'The limits of this call cannot be checked at the moment. Try again later.', {
    cause,
  });
}
