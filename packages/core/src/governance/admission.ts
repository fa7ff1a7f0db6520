import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import { type CounterKey, principalKey } from '../counter-key.js';
import type { Deployment } from '../deployment.js';
import type { Errand } from '../errand.js';
import { GatewayError } from '../errors.js';
import type { ExplainedLimit } from '../explanation.js';
import type { GatewayConfig } from '../gateway-config.js';
import { isPromise, type MaybePromise } from '../json.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import type { Budget, Principal, RateLimits } from '../principal.js';
import type { ReplyHeaders } from '../reply.js';
import { FALLBACK_LISTS, fallbackNames } from '../steering.js';
import type { CounterStore, ReserveAnswer } from '../store.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage.js';
import { mayUseModel } from './access.js';
import { worstCaseOf } from './cost.js';
import { estimateInputTokens } from './estimate-tokens.js';
import { refusalOf } from './limit-refusal.js';
import { type Limit, type Need, openLimits } from './limits-of-call.js';
import type { PriceBook } from './price-sheet.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

export interface AdmissionParts {
  readonly counters: CounterStore;
  readonly clock: Clock;
  /** Any group by its name: a call may end up in any fallback. */
  findGroup(name: string): ModelGroup | undefined;
  /** For principals that bring no limits or no budget of their own. */
  readonly defaults: GatewayConfig['defaults'];
  /** Whether a budget may be kept by ignoring deployments whose price nobody knows. */
  readonly unknownPrice: 'refuse' | 'allow';
  readonly priceBook: PriceBook;
  /** Hears of a settlement the store did not take: its reservation counts until the lease ends, then nothing. */
  readonly onStoreFailure?: (cause: unknown) => void;
}

export interface Admission {
  /**
   * Reserves all that a call may need of its principal's limits and budget, in one atomic step or not at all. Throws, or
   * rejects with, `over_rate_limit`, `over_budget`, `forbidden` (code `price_unknown`) or `unavailable` if the store fails:
   * limits that cannot be checked are not open.
   */
  admit(call: Call<unknown, Operation>): MaybePromise<Ticket>;
  /** The limits that `admit` would reserve of, and how they stand. Reserves nothing; refuses what has no known price as `admit` does. */
  explain(call: Call): Promise<ExplainedLimit[]>;
  /**
   * Counts at once what was used and could not be reserved. Answers with the refusal of more of it, where a budget or a
   * limit of tokens has no room left. Never rejects.
   */
  charge(principal: Principal, usage: Usage, costNanoUsd: number | undefined): Promise<GatewayError | undefined>;
}

/** What an admitted call holds. To be settled whatever its end. */
export interface Ticket {
  /** `x-ratelimit-*`, as OpenAI spells them; empty without limits per minute. */
  readonly headers: ReplyHeaders;
  /**
   * Replaces the reservation by what was really used; undefined means nothing. The request itself stays counted. Only the
   * first settlement counts, and none ever throws.
   */
  settle(usage: Usage | undefined, costNanoUsd: number | undefined): void;
  /**
   * Reserves tokens and money once more, for an attempt beside the one under way; undefined if there is no room for that.
   * It is still one request, and one call at a time.
   */
  again(): MaybePromise<Pick<Ticket, 'settle'> | undefined>;
}

export function openAdmission(parts: AdmissionParts): Admission {
  const { counters, clock, defaults, priceBook } = parts;
  const limitsOf = openLimits();
  const reaches = new WeakMap<ModelGroup, Reach>();

  function reachOf(call: Call<unknown, Operation>): Reach {
    if (call.steering !== undefined) return measureReach(call, parts.findGroup);
    let reach = reaches.get(call.group);
    if (reach === undefined) {
      reach = measureReach(call, parts.findGroup);
      reaches.set(call.group, reach);
    }
    return reach;
  }

  /** The most a call can need, wherever routing may take it. */
  function needOf(call: Call<unknown, Operation>, reach: Reach, hasBudget: boolean): Need {
    const { demand, principal } = call;
    const inputTokens = estimateInputTokens(demand);
    let outputTokens = demand.maxOutputTokens ?? 0;
    let costNanoUsd = 0;
    for (const { deployment, group } of reach.stops) {
      if (!canServe(deployment, call)) continue;
      if (group !== call.group && !mayUseModel(principal, group.name)) continue;
      const longest = demand.maxOutputTokens ?? deployment.maxOutputTokens * demand.answers;
      outputTokens = Math.max(outputTokens, longest);
      if (!hasBudget) continue;
      const sheet = priceBook.sheetOf(deployment);
      if (sheet !== undefined) costNanoUsd = Math.max(costNanoUsd, worstCaseOf(inputTokens, longest, sheet));
      else if (parts.unknownPrice === 'refuse') throw priceUnknown(call.group, deployment);
    }
    return { tokens: inputTokens + outputTokens, costNanoUsd };
  }

  function limitsOfErrand(
    { deployment, need }: Errand,
    group: ModelGroup,
    key: CounterKey,
    rates: RateLimits | undefined,
    budget: Budget | undefined,
    now: number,
  ): Limit[] {
    if (need === undefined) {
      return limitsOf(key, rates && { ...rates, tokensPerMinute: undefined }, undefined, NO_NEED, now);
    }
    const { tokens, costNanoUsd } = need;
    if (budget !== undefined && costNanoUsd === undefined && parts.unknownPrice === 'refuse') {
      throw priceUnknown(group, deployment);
    }
    return limitsOf(key, rates, budget, { tokens, costNanoUsd: costNanoUsd ?? 0 }, now);
  }

  function open(answer: ReserveAnswer, limits: readonly Limit[], leaseMs: number, now: number): Ticket {
    const headers = rateLimitHeaders(limits, answer.remaining, now);
    if (!answer.ok) {
      throw refusalOf(limits[answer.refused] as Limit, answer.remaining[answer.refused] ?? 0, now, headers);
    }
    const { settle } = holdOf(answer.reservation, limits);
    return {
      headers,
      settle,
      async again() {
        const costly = limits.filter(({ kind }) => kind === 'tokens' || kind === 'budget');
        if (costly.length === 0) return NOTHING_HELD;
        const more = await counters.reserve(costly, leaseMs);
        return more.ok ? holdOf(more.reservation, costly) : undefined;
      },
    };
  }

  function holdOf(reservation: string, limits: readonly Limit[]): Pick<Ticket, 'settle'> {
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
    parts.onStoreFailure?.(cause);
  }

  /** What a call would reserve; empty where nothing limits its principal. */
  function limitsFor(call: Call<unknown, Operation>, now: number): readonly Limit[] {
    const { principal, errand } = call;
    const rates = principal.limits ?? defaults?.limits;
    const budget = principal.budget ?? defaults?.budget;
    if (rates === undefined && budget === undefined) return NO_LIMITS;
    if (errand !== undefined) return limitsOfErrand(errand, call.group, principalKey(principal.id), rates, budget, now);
    const hasNeed = budget !== undefined || rates?.tokensPerMinute !== undefined;
    const need = hasNeed ? needOf(call, reachOf(call), budget !== undefined) : NO_NEED;
    return limitsOf(principalKey(principal.id), rates, budget, need, now);
  }

  return {
    admit(call) {
      const now = clock.now();
      const limits = limitsFor(call, now);
      if (limits.length === 0) return NOTHING_HELD;

      const leaseMs = leaseOf(call);
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
      const limits = limitsFor(call, clock.now());
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
      const limits = limitsOf(principalKey(principal.id), { tokensPerMinute }, budget, used, now);
      if (limits.length === 0) return undefined;
      try {
        // It is spent, whether or not there was room for it.
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
        return full < 0 ? undefined : refusalOf(limits[full] as Limit, 0, now, []);
      } catch (cause) {
        tellStoreFailure(cause);
        return undefined;
      }
    },
  };
}

/** A limit nothing reaches, so that what is counted against it always fits. */
const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

const NO_LIMITS: readonly Limit[] = [];
/** For calls that nobody's limits are about. */
export const NOTHING_HELD: Ticket = Object.freeze({ headers: [], settle() {}, again: () => NOTHING_HELD });
const NO_NEED: Need = { tokens: 0, costNanoUsd: 0 };

/** Everywhere a call for a group can end up. */
interface Reach {
  readonly stops: readonly { readonly deployment: Deployment; readonly group: ModelGroup }[];
}

// The call's own deadline ends it first; what remains is for settling.
const LEASE_MARGIN_MS = 60_000;

function measureReach(call: Call<unknown, Operation>, findGroup: AdmissionParts['findGroup']): Reach {
  const reached = new Set([call.group]);
  // A Set hands out what is added while it is walked.
  for (const group of reached) {
    const names = [group.leadsTo, ...FALLBACK_LISTS.map((list) => fallbackNames(call, group, list))];
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

function leaseOf({ errand, conversation, group }: Call<unknown, Operation>): number {
  return ((errand ?? conversation)?.longestMs ?? group.totalMs) + LEASE_MARGIN_MS;
}

/** A conversation is relayed; all else that is reserved for is asked of models. */
function canServe({ codecs, connection }: Deployment, { operation, conversation }: Call<unknown, Operation>): boolean {
  // Each kind of operation has its own of the two tables.
  const table: Readonly<Record<string, unknown>> = conversation === undefined ? codecs : (connection.relays ?? {});
  return table[operation.name] !== undefined;
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

// A counter that was once given NaN would refuse everybody for ever.
function amount(value: number): number {
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.ceil(value) : 0;
}

function priceUnknown(group: ModelGroup, deployment: Deployment): GatewayError {
  return new GatewayError(
    'forbidden',
    `"${group.name}" cannot be used under a budget: nobody knows what it, or a fallback of it, costs. Whoever runs this service can set its price.`,
    {
      code: 'price_unknown',
      cause: new Error(
        `Deployment "${deployment.id}" has no price in the configuration and "${deployment.baseModel}" none in the catalogue: set its "price", or unknownPrice: 'allow'.`,
      ),
    },
  );
}

function storeFailed(cause: unknown): GatewayError {
  return new GatewayError('unavailable', 'The limits of this call cannot be checked at the moment. Try again later.', {
    cause,
  });
}
