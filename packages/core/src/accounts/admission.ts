import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import type { ExplainedLimit } from '../explanation.js';
import type { Operation } from '../operation.js';
import type { Principal } from '../principal.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { CounterStore } from '../store.js';
import type { Account } from '../stores/account-store.js';
import { principalKey } from '../usage/counter-key.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../usage/usage.js';
import { requireAllowed } from './account-access.js';
import type { AccountDirectory } from './account-directory.js';
import { createLimitsOfAccounts } from './account-limits.js';
import { limitExceeded } from './limit-exceeded.js';
import { createLimits, type Limit, type Need } from './limits-of-call.js';
import { createNeeds, type NeedsDeps, NO_NEED } from './needs-of-call.js';
import { amount, asRequests, BEYOND_ALL, NO_RESERVATION, openTicket, type Ticket } from './reservation.js';
import { scopesOfContent, scopesOfPrincipal } from './scopes-of-call.js';

export interface AdmissionDeps extends NeedsDeps {
  readonly counters: CounterStore;
  readonly clock: Clock;
  /** For principals without limits or a budget of their own. */
  readonly defaults: GatewayConfig['defaults'];
  /** Undefined if the host keeps no accounts. */
  readonly accounts?: AccountDirectory | undefined;
  /** A budget of an account has reached a share at which observers are notified. */
  onWarning?(limit: Limit, taken: number): void;
  /**
   * Called for a settlement that the store did not accept: its reservation counts until the lease ends, then nothing.
   */
  readonly onStoreFailure?: ((cause: unknown) => void) | undefined;
}

export interface Admission {
  /**
   * Reserves all that a call may need of the limits and budgets of its principal and of all its accounts, atomically or not at
   * all. Throws, or rejects with, `over_rate_limit`, `over_budget`, `forbidden` (code `price_unknown`), or `unavailable` if a
   * store fails: limits that cannot be checked are not skipped.
   */
  admit(call: Call<unknown, Operation>): MaybePromise<Ticket>;
  /**
   * The limits from which `admit` would reserve, and their state. Reserves nothing; rejects a call without a known
   * price as `admit` does.
   */
  explain(call: Call): Promise<ExplainedLimit[]>;
  /** The most that a call may need, which is what `admit` would reserve. Throws as it does for a call without a known price. */
  estimate(call: Call<unknown, Operation>): Need;
  /** The limits of a principal and of its accounts, and their state. */
  remaining(principal: Principal): Promise<ExplainedLimit[]>;
  /**
   * Counts usage that could not be reserved. Returns the error for further usage if a budget or a token limit is
   * exhausted. Never rejects.
   */
  charge(
    call: Call<unknown, Operation>,
    usage: Usage,
    costNanoUsd: number | undefined,
  ): Promise<GatewayError | undefined>;
}

// The call's own deadline ends it first; the rest is time for settling.
const LEASE_MARGIN_MS = 60_000;

export function createAdmission(deps: AdmissionDeps): Admission {
  const { counters, clock, defaults, accounts: directory } = deps;
  const limitsFor = createLimits();
  const limitsOfAccounts = createLimitsOfAccounts();
  const needOf = createNeeds(deps);
  const onStoreFailure = (cause: unknown) => deps.onStoreFailure?.(cause);

  /** What a call would reserve; empty if there are no limits. */
  function limitsForCall(call: Call<unknown, Operation>, accounts: readonly Account[], now: number): readonly Limit[] {
    const { principal, fixedNeed } = call;
    const rates = principal.limits ?? defaults?.limits;
    const budget = principal.budget ?? defaults?.budget;
    const hasNone = rates === undefined && budget === undefined && accounts.length === 0;
    if (hasNone || fixedNeed === 'uncounted') return NO_LIMITS;
    const hasBudget = budget !== undefined || accounts.some(({ budgets }) => budgets.length > 0);
    const hasNeed =
      hasBudget || rates?.tokensPerMinute !== undefined || accounts.some(({ limits }) => limits.length > 0);
    const need = hasNeed ? needOf(call, hasBudget) : NO_NEED;
    const limits = limitsOf(principal, rates, budget, accounts, call.group.name, need, now);
    // What costs nothing is one request, and one call at a time.
    return fixedNeed === 'nothing' ? limits.filter(({ kind }) => kind === 'requests' || kind === 'calls') : limits;
  }

  function limitsOf(
    { id }: Principal,
    rates: Principal['limits'],
    budget: Principal['budget'],
    accounts: readonly Account[],
    model: string,
    need: Need,
    now: number,
  ): Limit[] {
    const own = limitsFor(principalKey(id), rates, budget, need, now);
    return accounts.length === 0 ? own : [...own, ...limitsOfAccounts(accounts, model, need, now)];
  }

  function accountsOf(call: Call<unknown, Operation>): MaybePromise<readonly Account[]> {
    if (directory === undefined) return NO_ACCOUNTS;
    return directory.find([...scopesOfPrincipal(call.principal), ...scopesOfContent(call.group.name, call.tags)]);
  }

  function reserve(call: Call<unknown, Operation>, accounts: readonly Account[]): MaybePromise<Ticket> {
    for (const account of accounts) requireAllowed(call, account);
    call.accounts = accounts;
    const now = clock.now();
    const limits = limitsForCall(call, accounts, now);
    if (limits.length === 0) return NO_RESERVATION;
    const leaseMs = call.maxDurationMs + LEASE_MARGIN_MS;
    const open = (answer: Awaited<ReturnType<CounterStore['reserve']>>) => {
      const ticket = openTicket(answer, limits, leaseMs, now, { counters, onStoreFailure });
      if (accounts.length > 0) warn(limits, answer.remaining);
      return ticket;
    };
    let answer: ReturnType<CounterStore['reserve']>;
    try {
      answer = counters.reserve(asRequests(limits), leaseMs);
    } catch (cause) {
      throw storeFailed(cause);
    }
    if (!isPromise(answer)) return open(answer);
    return answer.then(open, (cause: unknown) => {
      throw storeFailed(cause);
    });
  }

  function warn(limits: readonly Limit[], remaining: readonly number[]): void {
    limits.forEach((limit, index) => {
      const left = remaining[index] ?? 0;
      if (limit.warnAt === undefined && limit.isSoft !== true) return;
      deps.onWarning?.(limit, (limit.isSoft === true ? BEYOND_ALL : limit.limit) - left);
    });
  }

  async function stateOf(limits: readonly Limit[]): Promise<ExplainedLimit[]> {
    return await Promise.all(
      limits.map(async ({ kind, period, key, limit, amount: needs, scope, isSoft }) => {
        const { used, reserved } = await counters.read(key);
        const taken = used + reserved;
        const fits = isSoft === true || taken + needs <= limit;
        return { counted: kind, ...(scope && { scope }), per: period.kind, limit, taken, reserved, needs, fits };
      }),
    );
  }

  return {
    admit(call) {
      const accounts = accountsOf(call);
      return isPromise(accounts) ? accounts.then((found) => reserve(call, found)) : reserve(call, accounts);
    },

    async explain(call) {
      return await stateOf(limitsForCall(call, await accountsOf(call), clock.now()));
    },

    estimate: (call) => needOf(call, true),

    async remaining(principal) {
      const accounts =
        directory === undefined
          ? NO_ACCOUNTS
          : await directory.find([...scopesOfPrincipal(principal), ...scopesOfContent('', principal.tags ?? [])]);
      const [rates, budget] = [principal.limits ?? defaults?.limits, principal.budget ?? defaults?.budget];
      return await stateOf(limitsOf(principal, rates, budget, accounts, '', NO_NEED, clock.now()));
    },

    async charge({ principal, accounts, group }, usage, costNanoUsd) {
      const budget = principal.budget ?? defaults?.budget;
      const tokensPerMinute = (principal.limits ?? defaults?.limits)?.tokensPerMinute;
      const now = clock.now();
      const [inputTokens, outputTokens] = [amount(totalInputTokens(usage)), amount(totalOutputTokens(usage))];
      const used = {
        tokens: inputTokens + outputTokens,
        inputTokens,
        outputTokens,
        costNanoUsd: amount(costNanoUsd ?? 0),
      };
      const all = limitsOf(principal, { tokensPerMinute }, budget, accounts, group.name, used, now);
      const limits = all.filter(({ kind }) => kind !== 'requests' && kind !== 'calls');
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
        const full = limits.findIndex(
          (limit, index) => limit.isSoft !== true && BEYOND_ALL - (answer.remaining[index] ?? 0) > limit.limit,
        );
        return full < 0 ? undefined : limitExceeded(limits[full] as Limit, 0, now, []);
      } catch (cause) {
        onStoreFailure(cause);
        return undefined;
      }
    },
  };
}

const NO_LIMITS: readonly Limit[] = [];
const NO_ACCOUNTS: readonly Account[] = [];

function storeFailed(cause: unknown): GatewayError {
  return new GatewayError('unavailable', 'The limits of this call cannot be checked at the moment. Try again later.', {
    cause,
  });
}
