export type { Abilities } from './abilities.js';
export type { AnswerMetadata, AttemptMetadata } from './answer-metadata.js';
export { BRIDGED_REASONING } from './bridged-reasoning.js';
export type { Attempt, Call } from './call.js';
export { Cancellation } from './cancellation.js';
export { type Clock, systemClock } from './clock.js';
export type { Codec, Counting, EncodeTarget, Framing, StreamDecoder, StreamSink } from './codec.js';
export type { GatewayRuntime } from './composition/gateway-runtime.js';
export type { Comparison, Condition, Match, TimeOfDay } from './condition.js';
export { ConfigError, type ConfigProblem } from './config/config-error.js';
export { createGateway } from './create-gateway.js';
export type { AttemptDeadlines, Deadlines, Deployment, ResolvedDeadlines } from './deployment.js';
export {
  type CallerFault,
  FAILURES,
  type FailureKind,
  type FailureTraits,
  GatewayError,
  type GatewayErrorOptions,
  type RefusedThing,
} from './errors.js';
export type {
  ExplainedDeployment,
  ExplainedLimit,
  ExplainedNode,
  ExplainQuestion,
  Explanation,
} from './explanation.js';
export type { CallerOptions, ChatRequest, FetchOptions, Gateway } from './gateway.js';
export type {
  CooldownConfig,
  DeploymentConfig,
  DeploymentDetails,
  GatewayConfig,
  ModelConfig,
  ModelGroupConfig,
  PassThroughConfig,
  PriceConfig,
  ReloadableConfig,
  SecretConfig,
  VirtualKeyConfig,
} from './gateway-config.js';
export { costOf } from './governance/cost.js';
export { type ListedModel, listedModel } from './governance/listed-model.js';
export type { IncomingBody, IncomingRequest } from './incoming.js';
export type { Interceptor } from './interceptor.js';
export type { IssuedToken } from './issued-token.js';
export { isJsonObject, type JsonObject, type MaybePromise } from './json.js';
export type { Logger } from './logger.js';
export { memoryAccounts } from './memory/account-store.js';
export { memoryCounters } from './memory/counter-store.js';
export { memoryKeys } from './memory/key-store.js';
export { memoryLedger } from './memory/ledger.js';
export type { MessageSink, MessageSocket } from './message-socket.js';
export type { ModelGroup, RetryPolicy, StreamHold } from './model-group.js';
export type { ModelName } from './model-pattern.js';
export type { CallSnapshot, Observer } from './observer.js';
export type {
  Demand,
  Operation,
  OperationName,
  RelayedOperationName,
  UpstreamOperation,
  UpstreamOperationName,
} from './operation.js';
export { definePlugin, type Plugin } from './plugin.js';
export type { Authenticate, Authorize, AuthorizeRequest, PolicyRequest } from './policy.js';
export type { PriceSheet } from './price.js';
export type { Budget, CredentialSource, Principal, RateLimits, Via } from './principal.js';
export type { Connection, ConnectionSettings, ErrorAnswer, Provider, RoomLeft, SignMeans } from './provider.js';
export type { Recovery, SaidSoFar, StreamRecovery } from './recovery.js';
export type { EventsReply, EventsSink, EventsSource, Reply, ReplyHeaders, WholeReply } from './reply.js';
export type {
  CheapestConfig,
  FallbackConfig,
  FastestConfig,
  PoolConfig,
  PoolOptions,
  RaceConfig,
  RouteConfig,
  RouteTerms,
  SingleConfig,
  SplitConfig,
  WhenConfig,
} from './route-config.js';
export { reveal, Secret, secret } from './secret.js';
export type { Sink } from './sink.js';
export type { Steering } from './steering.js';
export type { CooldownStore, CounterRequest, CounterStore, ReserveAnswer } from './store.js';
export { accountProblems, DEEPEST_ACCOUNT } from './stores/account-problems.js';
export type {
  Account,
  AccountBudget,
  AccountChanges,
  AccountLimit,
  AccountQuery,
  AccountStore,
} from './stores/account-store.js';
export { hashOfKey, newKeyId, type PreparedSecret, prepareSecret } from './stores/key-secret.js';
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
} from './stores/key-store.js';
export {
  amountsOfRecord,
  countableUsage,
  dayOf,
  promptOfRecord,
  scopesOfRecord,
  wholeAmount,
} from './stores/ledger-defaults.js';
export type {
  ClaimedMessage,
  ClaimOptions,
  DeliveryFailure,
  OutboxMessage,
  OutboxStatus,
  OutboxStore,
} from './stores/outbox-store.js';
export { pageLimit, pageOf, readTimeCursor, type TimeCursor, timeCursor } from './stores/page.js';
export {
  type CalendarPeriod,
  type Period,
  type PeriodRule,
  type PeriodWindow,
  periodProblems,
  type RollingWindow,
  rollingWindowOf,
  windowOf,
} from './stores/periods.js';
export {
  GLOBAL_SCOPE,
  LONGEST_SCOPE_ID,
  SCOPE_KINDS,
  type Scope,
  type ScopeKind,
  scopeIdProblem,
  scopeKey,
} from './stores/scope.js';
export { StoreConflict } from './stores/store-conflict.js';
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
} from './stores/usage-store.js';
export { createWatchers, type Watchers } from './stores/watchers.js';
export type { StickyKey, StrategyName } from './strategy.js';
export type {
  ByteSink,
  ByteSource,
  HeaderLookup,
  Send,
  Transport,
  UpstreamReply,
  UpstreamRequest,
} from './transport.js';
export { NO_USAGE, totalInputTokens, totalOutputTokens, type Usage } from './usage.js';
export { usageOfAnswer } from './usage-of-answer.js';
export { usageOfMessages } from './usage-of-messages.js';
export type { Outcome, UsageRecord } from './usage-record.js';
export { withErrorListener } from './with-error-listener.js';
