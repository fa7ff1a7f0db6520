import type { Account, AccountBudget, AccountLimit } from '../stores/account-store.js';
import { type PeriodRule, type PeriodWindow, windowOf } from '../stores/periods.js';
import { accountCounterKey, type CountedAmount, type CounterKey } from '../usage/counter-key.js';
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

/** A limit or a budget in one of its windows. */
interface Current {
  readonly window: PeriodWindow;
  readonly key: CounterKey;
  readonly period: Period;
  readonly resetsAt: number | undefined;
}

/**
 * What a rule of an account is in a window is made once, and used until the time leaves it. It is kept for each
 * account: a host may give many accounts the same list of rules, and each of them counts for itself.
 */
export function createLimitsOfAccounts(): LimitsOfAccounts {
  const currentOfAccounts = new WeakMap<Account, WeakMap<PeriodRule, Current>>();

  return (accounts, model, need, now) => {
    const limits: Limit[] = [];
    for (const account of accounts) {
      for (const rate of account.limits) {
        if (!holdsFor(rate, model)) continue;
        const kind = AMOUNTS[rate.of];
        add(limits, limitOf(account, rate, kind, rate.max, false, undefined, need, now));
      }
      for (const budget of account.budgets) {
        if (!holdsFor(budget, model)) continue;
        const isSoft = budget.mode === 'soft';
        add(limits, limitOf(account, budget, 'budget', budget.nanoUsd, isSoft, budget.warnAt, need, now));
      }
    }
    return limits;
  };

  function limitOf(
    account: Account,
    rule: AccountLimit | AccountBudget,
    kind: CountedAmount,
    most: number,
    isSoft: boolean,
    warnAt: readonly number[] | undefined,
    need: Need,
    now: number,
  ): Limit {
    const { scope } = account;
    const { key, period, resetsAt } = currentOf(account, rule, kind, isSoft, now);
    return { kind, key, scope, isSoft, warnAt, period, amount: amountOf(kind, need), limit: most, resetsAt };
  }

  function currentOf(
    account: Account,
    rule: AccountLimit | AccountBudget,
    kind: CountedAmount,
    isSoft: boolean,
    now: number,
  ): Current {
    const known = currentOfAccounts.get(account)?.get(rule);
    if (known !== undefined && now >= known.window.startsAt && now < known.window.endsAt) return known;
    // A window that moves is counted in whole ones: nobody gets more than the limit in any of them.
    const window = windowOf(rule.rolling === true ? { ...rule, rolling: false } : rule, now);
    const key = accountCounterKey({ amount: kind, scope: account.scope, rule, window, model: rule.model, isSoft });
    const period: Period = { kind: rule.per, startsAt: window.startsAt, endsAt: window.endsAt, keyPrefix: key };
    const made = { window, key, period, resetsAt: Number.isFinite(window.endsAt) ? window.endsAt : undefined };
    // A length without an anchor begins with the first call, which the counter itself knows.
    if (!beginsWithFirstCall(rule)) keep(account, rule, made);
    return made;
  }

  function keep(account: Account, rule: PeriodRule, made: Current): void {
    const kept = currentOfAccounts.get(account);
    if (kept === undefined) currentOfAccounts.set(account, new WeakMap([[rule, made]]));
    else kept.set(rule, made);
  }
}

/** Two limits that count the same are one counter, the lower one: a call would be counted twice. */
function add(limits: Limit[], limit: Limit): void {
  const at = limits.findIndex(({ key }) => key === limit.key);
  if (at < 0) limits.push(limit);
  else if (limit.limit < (limits[at] as Limit).limit) limits[at] = limit;
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
