// What every mount exports again, so that an application has one package to import.
export type { JsonObject } from '../encoding/json.js';
export { GatewayError } from '../errors.js';
export type { ChatRequest, Gateway } from '../gateway.js';
export type {
  AdmittedRequest,
  AnswerMiddleware,
  CallAnswer,
  ChunkTransform,
  ChunkTransformer,
  ContentRequest,
  RequestTransform,
  TransformedChunks,
} from '../hooks/content.js';
export { type CustomEndpoint, defineEndpoint, type EndpointRequest } from '../hooks/custom-endpoint.js';
export type { Interceptor } from '../hooks/interceptor.js';
export type { BudgetWarning, CallSnapshot, Observer } from '../hooks/observer.js';
export { definePlugin, type Plugin } from '../hooks/plugin.js';
export type { Authenticate, Authorize } from '../hooks/policy.js';
export type { Sink } from '../hooks/sink.js';
export type { Logger } from '../logger.js';
export type { Budget, BudgetPeriod, Principal, RateLimits } from '../principal.js';
export { type Secret, secret } from '../secret.js';
export { ConfigError } from '../settings/config-error.js';
export type { DeploymentConfig, GatewayConfig } from '../settings/gateway-config.js';
export { totalInputTokens, totalOutputTokens } from '../usage/usage.js';
export type { UsageRecord } from '../usage/usage-record.js';
