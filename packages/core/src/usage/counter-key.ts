import type { PeriodRule, PeriodWindow } from '../stores/periods.js';
import type { Scope, ScopeKind } from '../stores/scope.js';

/**
 * What a counter counts for: a principal, a deployment, or a node of a route. Only the functions here make one, so that
 * nobody who chooses an id can write into the counters of another kind.
 */
export type CounterKey = string & { readonly [isCounterKey]: true };

declare const isCounterKey: unique symbol;

/** Budgets, limits and calls at a time of a principal. */
export function principalKey(id: string): CounterKey {
  return `principal:${id}` as CounterKey;
}

/** What a vendor allows a deployment. */
export function deploymentKey(id: string): CounterKey {
  return `deployment:${id}` as CounterKey;
}

/** A node of the route of a group, by its path in the configuration. */
export function nodeKey(group: string, path: string): CounterKey {
  // Groups are named by clients where a pattern makes them: written so that no two pairs are one text.
  return `node:${JSON.stringify([group, path])}` as CounterKey;
}

/** That something which is paid for afterwards was charged; `id` is the one that its owner knows it by. */
export function chargedKey(id: string): CounterKey {
  return `charged:${id}` as CounterKey;
}

/** What a counter counts. Tokens are whole ones, money is nano-dollars, `calls` are those at a time. */
export type CountedAmount = 'requests' | 'tokens' | 'inputTokens' | 'outputTokens' | 'calls' | 'budget';

/** A counter of an account: what it counts, for whom, and when. */
export interface AccountCounter {
  readonly amount: CountedAmount;
  readonly scope: Scope;
  readonly rule: PeriodRule;
  readonly window: PeriodWindow;
  /** Only calls of this model group. */
  readonly model?: string | undefined;
  /** Of a budget that refuses nobody. */
  readonly isSoft?: boolean;
}

/**
 * The counter of a limit or a budget of an account. It names the beginning of its window, so that a clock that jumps and returns
 * finds it again; a window that begins with the first call has none, and the store keeps its end.
 */
export function accountCounterKey({ amount, scope, rule, window, model, isSoft }: AccountCounter): CounterKey {
  const { per, zone = 'UTC', anchor } = rule;
  const isFirstCall = anchor === undefined && /^\d/.test(per);
  const starts = isFirstCall ? 'call' : Number.isFinite(window.startsAt) ? window.startsAt : 'ever';
  const text = [amount, per, zone, starts, model ?? null, isSoft === true ? 1 : 0, scope.kind, scope.id];
  return `account:${JSON.stringify(text)}` as CounterKey;
}

/** What a counter has counted since when, to rebuild it from the ledger; undefined for one that the ledger does not know. */
export function spanOfCounter(key: string, resetsAt: number | undefined): CounterSpan | undefined {
  if (key.startsWith('account:')) return spanOfAccountCounter(key, resetsAt);
  const [, amount, startsAt, id] = PRINCIPAL_COUNTER.exec(key) ?? [];
  if (amount === undefined || id === undefined) return undefined;
  const from = startsAt === undefined || startsAt === '' ? Number.NEGATIVE_INFINITY : Number(startsAt);
  return { amount: amount as CountedAmount, scope: { kind: 'user', id }, from, model: undefined };
}

export interface CounterSpan {
  readonly amount: CountedAmount;
  readonly scope: Scope;
  /** Milliseconds since the epoch; -Infinity for a total. */
  readonly from: number;
  readonly model: string | undefined;
}

/** `budget:month:1717200000000:principal:ada`, `budget:total:principal:ada` */
const PRINCIPAL_COUNTER = /^(requests|tokens|budget):[a-z\d]+:(?:(\d+):)?principal:([\s\S]*)$/;

function spanOfAccountCounter(key: string, resetsAt: number | undefined): CounterSpan | undefined {
  const [amount, per, _zone, starts, model, _soft, kind, id] = JSON.parse(key.slice('account:'.length)) as [
    CountedAmount,
    string,
    string,
    number | 'call' | 'ever',
    string | null,
    number,
    ScopeKind,
    string,
  ];
  // Those that run now are not in the ledger; their leases end by themselves.
  if (amount === 'calls') return undefined;
  const scope = { kind, id };
  const only = model ?? undefined;
  if (starts === 'ever') return { amount, scope, from: Number.NEGATIVE_INFINITY, model: only };
  if (starts !== 'call') return { amount, scope, from: starts, model: only };
  // When it began is lost with the counter: what was used within its length counts, which is never too little.
  if (resetsAt === undefined) return undefined;
  return { amount, scope, from: resetsAt - lengthMs(per), model: only };
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function lengthMs(per: string): number {
  return Number(per.slice(0, -1)) * (UNITS_MS[per.slice(-1)] ?? 0);
}
