import type { JsonObject, MaybePromise } from '../encoding/json.js';
import type { Page, PageQuery } from './key-store.js';
import type { PeriodRule } from './periods.js';
import type { Scope, ScopeKind } from './scope.js';

/**
 * Keeps what is known of scopes: their parents, limits, budgets and what they may use. A host that has all of this in
 * tables of its own needs none: a function is as good.
 */
export interface AccountStore {
  /** The accounts of the scopes, in their order; undefined where there is none. One look-up, however many are asked for. */
  find(scopes: readonly Scope[]): MaybePromise<readonly (Account | undefined)[]>;
  /**
   * Makes the account of a scope, or replaces what is named of it and leaves the rest; null takes a value away. Rejects
   * with a `StoreConflict` `invalid` that names the field for what cannot be (see `accountProblems`) and for a parent
   * that has the account above itself.
   */
  upsert(scope: Scope, changes: AccountChanges): MaybePromise<Account>;
  /** By kind and id. */
  list(query?: AccountQuery): MaybePromise<Page<Account>>;
  /** True if it was there. Accounts below it stay, and keep its scope as their parent. */
  remove(scope: Scope): MaybePromise<boolean>;
  /** As `KeyStore.watch`. */
  watch(onChange: (change: Scope | 'all') => void): MaybePromise<() => void>;
}

/** What is known of one scope. A call must fit into all accounts of all its scopes. */
export interface Account {
  readonly scope: Scope;
  /** For people. */
  readonly name: string | undefined;
  /** The scope whose account holds for calls of this one, too. */
  readonly parent: Scope | undefined;
  readonly budgets: readonly AccountBudget[];
  readonly limits: readonly AccountLimit[];
  /** Model groups it may use, `'fast'` or `'team-a/*'`; undefined means all, an empty list none. Intersects down the tree. */
  readonly models: readonly string[] | undefined;
  /** Operations it may use; undefined means all, an empty list none. Intersects down the tree. */
  readonly operations: readonly string[] | undefined;
  /** Blocked anywhere is blocked. */
  readonly isBlocked: boolean;
  readonly metadata: Readonly<JsonObject>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** How much money may be spent in each window of a period. An account may have several. */
export interface AccountBudget extends PeriodRule {
  /** Integer nano-dollars, from 0 to 2^53 - 1. */
  readonly nanoUsd: number;
  /** Default `'hard'`: no call is admitted that does not fit. `'soft'`: calls go on, and whoever observes is told. */
  readonly mode?: 'hard' | 'soft' | undefined;
  /** Shares of the budget at which somebody is told, each above 0 and at most 1: `[0.5, 0.8, 0.95]`. */
  readonly warnAt?: readonly number[] | undefined;
  /** Holds for calls of this model group only. */
  readonly model?: string | undefined;
}

/** How much may be used in each window of a period, or at a time. */
export interface AccountLimit extends PeriodRule {
  /** `concurrentCalls` are those under way at a time; their period is `'total'`. */
  readonly of: 'requests' | 'tokens' | 'inputTokens' | 'outputTokens' | 'concurrentCalls';
  /** A whole number from 0 to 2^53 - 1. */
  readonly max: number;
  /** Holds for calls of this model group only. */
  readonly model?: string | undefined;
}

type EditableField = 'name' | 'parent' | 'budgets' | 'limits' | 'models' | 'operations' | 'isBlocked' | 'metadata';

/** What `upsert` replaces. */
export type AccountChanges = { readonly [Field in EditableField]?: Account[Field] | null };

export interface AccountQuery extends PageQuery {
  readonly kind?: ScopeKind | undefined;
  readonly parent?: Scope | undefined;
}
