// For who writes a store.

export { memoryCounters } from '../accounts/counters/memory-counters.js';
export { memoryAccounts } from '../accounts/memory/account-store.js';
export { memoryKeys } from '../accounts/memory/key-store.js';
export { memoryLedger } from '../accounts/memory/ledger.js';
export type { CooldownStore, CounterRequest, CounterStore, ReserveAnswer, RevocationStore } from '../store.js';
export { accountProblems, DEEPEST_ACCOUNT } from '../stores/account-problems.js';
export type {
  Account,
  AccountBudget,
  AccountChanges,
  AccountLimit,
  AccountQuery,
  AccountStore,
} from '../stores/account-store.js';
export { type CounterHistory, counterHistory } from '../stores/counter-history.js';
export { hashOfKey, newKeyId, type PreparedSecret, prepareSecret } from '../stores/key-secret.js';
export type {
  FoundKey,
  KeyChange,
  KeyChanges,
  KeyQuery,
  KeyRecord,
  KeyStore,
  MintedKey,
  NewKey,
  Page,
  PageQuery,
  RotateOptions,
} from '../stores/key-store.js';
export {
  amountsOfRecord,
  countableUsage,
  dayOf,
  promptOfRecord,
  scopesOfRecord,
  wholeAmount,
} from '../stores/ledger-defaults.js';
export type {
  ClaimedMessage,
  ClaimOptions,
  DeliveryFailure,
  OutboxMessage,
  OutboxStatus,
  OutboxStore,
} from '../stores/outbox-store.js';
export { pageLimit, pageOf, readTimeCursor, type TimeCursor, timeCursor } from '../stores/page.js';
export {
  type CalendarPeriod,
  type Period,
  type PeriodRule,
  type PeriodWindow,
  periodProblems,
  type RollingWindow,
  rollingWindowOf,
  windowOf,
} from '../stores/periods.js';
export {
  GLOBAL_SCOPE,
  LONGEST_SCOPE_ID,
  SCOPE_KINDS,
  type Scope,
  type ScopeKind,
  scopeIdProblem,
  scopeKey,
} from '../stores/scope.js';
export { StoreConflict } from '../stores/store-conflict.js';
export type {
  AggregateQuery,
  AppendOptions,
  AppendResult,
  LedgerRecord,
  NewOutboxMessage,
  UsageDimension,
  UsageFilter,
  UsageQuery,
  UsageSpan,
  UsageStore,
  UsageSum,
  UsedInSpan,
} from '../stores/usage-store.js';
export { createWatchers, type Watchers } from '../stores/watchers.js';
