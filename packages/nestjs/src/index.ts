// What a host says and hears comes from here too, so that an app has one package to import.
export {
  type Authenticate,
  type Authorize,
  type Budget,
  type CallSnapshot,
  type ChatRequest,
  ConfigError,
  type DeploymentConfig,
  definePlugin,
  type Gateway,
  type GatewayConfig,
  GatewayError,
  type Interceptor,
  type JsonObject,
  type Logger,
  type Observer,
  type Plugin,
  type RateLimits,
  type Secret,
  type Sink,
  secret,
  totalInputTokens,
  totalOutputTokens,
  type UsageRecord,
} from '@portico/core';
export { attachRealtime, defineProvider, type RealtimeOptions, type VendorDefinition } from '@portico/node';
export {
  type HookToken,
  type LlmAuthenticating,
  LlmAuthenticator,
  LlmAuthorizer,
  type LlmAuthorizing,
  type LlmHookTokens,
  type LlmIntercepting,
  LlmInterceptor,
  LlmObserver,
  LlmSink,
} from './hooks.js';
export { type LlmHealth, LlmHealthIndicator } from './llm-health-indicator.js';
export { LlmModule } from './llm-module.js';
export type { LlmAsyncOptions, LlmModuleExtras, LlmOptions, LlmOptionsFactory } from './llm-options.js';
export { type LlmCallOptions, LlmService } from './llm-service.js';
export type { NestHost, NestRequest } from './nest-host.js';
export { Principal } from './principal-decorator.js';
export { getLlmToken, InjectLlm } from './tokens.js';
