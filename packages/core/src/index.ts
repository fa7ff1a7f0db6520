export type { AnswerMetadata, AttemptMetadata } from './answer-metadata.js';
export type { Attempt, Call } from './call.js';
export type { Capabilities } from './capabilities.js';
export { type Clock, LONGEST_TIMER_MS, systemClock } from './clock.js';
export { checkConfig, createGateway } from './create-gateway.js';
export type { AttemptDeadlines, Deadlines, Deployment, ResolvedDeadlines } from './deployment.js';
export { isJsonObject, type JsonObject, type MaybePromise } from './encoding/json.js';
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
  CallEstimate,
  ExplainedDeployment,
  ExplainedLimit,
  ExplainedNode,
  ExplainQuestion,
  Explanation,
} from './explanation.js';
export type { CallerOptions, ChatRequest, FetchOptions, Gateway } from './gateway.js';
export type {
  AdmittedRequest,
  AnswerMiddleware,
  CallAnswer,
  ChunkTransform,
  ChunkTransformer,
  ContentRequest,
  RequestTransform,
  TransformedChunks,
} from './hooks/content.js';
export { type CustomEndpoint, defineEndpoint, type EndpointRequest } from './hooks/custom-endpoint.js';
export type { Interceptor } from './hooks/interceptor.js';
export type { BudgetWarning, CallSnapshot, Observer } from './hooks/observer.js';
export { definePlugin, type Plugin } from './hooks/plugin.js';
export type { Authenticate, Authorize, AuthorizeRequest, PolicyRequest } from './hooks/policy.js';
export type { Sink } from './hooks/sink.js';
export type { IssuedToken } from './issued-token.js';
export type { Logger } from './logger.js';
export type { InitialBuffer, ModelGroup, RetryPolicy } from './model-group.js';
export type { BuiltInOperationName, OperationName, UpstreamOperationName } from './operation.js';
export type { Recovery } from './partial-answer.js';
export { costOf } from './pricing/cost.js';
export { type ListedModel, listedModel } from './pricing/listed-model.js';
export type { Budget, BudgetPeriod, CredentialSource, Principal, RateLimits, Via } from './principal.js';
export type { RoutingOverrides } from './routes/routing-overrides.js';
export type { StickyKey, StrategyName } from './routes/strategy.js';
export { reveal, Secret, secret } from './secret.js';
export type { Comparison, Condition, Match, TimeOfDay } from './settings/condition.js';
export { ConfigError, type ConfigProblem } from './settings/config-error.js';
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
} from './settings/gateway-config.js';
export type { ModelName } from './settings/model-pattern.js';
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
} from './settings/route-config.js';
export type { DeploymentStatus, GatewayStatus, OpenCallStatus } from './status.js';
export { withErrorListener } from './streams/with-error-listener.js';
export type { PriceSheet } from './usage/price.js';
export { NO_USAGE, totalInputTokens, totalOutputTokens, type Usage } from './usage/usage.js';
export type { Outcome, UsageRecord } from './usage/usage-record.js';
