import type { SqlStores } from '@portico/store-sql';

export type {
  Account,
  AccountBudget,
  AccountChanges,
  AccountLimit,
  KeyRecord,
  Scope,
  ScopeKind,
} from '@portico/core/store';

export type SqlKeys = SqlStores['keys'];
export type SqlAccounts = SqlStores['accounts'];
