import type { Account, AccountBudget, AccountLimit } from '../stores/account-store.js';
import { type PeriodRule, type PeriodWindow, windowOf } from '../stores/periods.js';
import type { Scope } from '../stores/scope.js';
import { accountCounterKey, type CountedAmount } from '../usage/counter-key.js';
import type { Period } from './counting-periods.js';
import type { Limit, Need } from './limits-of-call.js';

/** All limits and budgets of accounts that hold for a call, one for each counter. */
export type LimitsOfAccounts = (accounts: readonly Account[], model: string, need: Need, now: number) => Limit[];

const AMOUNTS: Readonly<Record<AccountLimit['of'], CountedAmount>> = {
  requests: 'requests',
  tokens: 'tokens',
  inputTokens: 'inputTokens',
  outputTokens: 'outputTokens',
  concurrentCalls: 'calls',
};

/** Windows are computed once and reused until the time leaves them. */
export function createLimitsOfAccounts(): LimitsOfAccounts {
  const windows = new WeakMap<PeriodRule, PeriodWindow>();

  return (accounts, model, need, now) => {
    const limits = new Map<string, Limit>();
    for (const { scope, budgets, limits: rates } of accounts) {
      for (const rate of rates) if (holdsFor(rate, model)) add(scope, rate, AMOUNTS[rate.of], rate.max, need, now);
      for (const budget of budgets)
        if (holdsFor(budget, model)) add(scope, budget, 'budget', budget.nanoUsd, need, now);
    }
    return [...limits.values()];

    function add(
      scope: Scope,
      rule: AccountLimit | AccountBudget,
      kind: CountedAmount,
      most: number,
      given: Need,
      at: number,
    ): void {
      const window = windowAt(rule, at);
      const isSoft = 'mode' in rule && rule.mode === 'soft';
      const key = accountCounterKey({ amount: kind, scope, rule, window, model: rule.model, isSoft });
      const known = limits.get(key);
      // Two limits that count the same are one counter, or a call would be counted twice.
      if (known !== undefined && known.limit <= most) return;
      limits.set(key, {
        kind,
        key,
        scope,
        isSoft,
        warnAt: 'warnAt' in rule ? rule.warnAt : undefined,
        period: periodOf(rule, window, key),
        amount: amountOf(kind, given),
        limit: most,
        resetsAt: Number.isFinite(window.endsAt) ? window.endsAt : undefined,
      });
    }
  };

  function windowAt(rule: PeriodRule, now: number): PeriodWindow {
    const known = windows.get(rule);
    if (known !== undefined && now >= known.startsAt && now < known.endsAt) return known;
    // A window that moves is counted in whole ones: nobody gets more than the limit in any of them.
    const window = windowOf(rule.rolling === true ? { ...rule, rolling: false } : rule, now);
    // A length without an anchor begins with the first call, which the counter itself knows.
    if (!beginsWithFirstCall(rule)) windows.set(rule, window);
    return window;
  }
}

/** `'5h'` without an anchor. */
function beginsWithFirstCall({ per, anchor }: PeriodRule): boolean {
  return anchor === undefined && /^\d/.test(per);
}

function holdsFor({ model }: { readonly model?: string | undefined }, asked: string): boolean {
  return model === undefined || model === asked;
}

function amountOf(kind: CountedAmount, need: Need): number {
  switch (kind) {
    case 'requests':
    case 'calls':
      return 1;
    case 'budget':
      return need.costNanoUsd;
    default:
      return need[kind];
  }
}

function periodOf({ per }: PeriodRule, { startsAt, endsAt }: PeriodWindow, keyPrefix: string): Period {
  return { kind: per, startsAt, endsAt, keyPrefix };
}
