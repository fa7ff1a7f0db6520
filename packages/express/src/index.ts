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
  type Principal,
  type RateLimits,
  type Secret,
  type Sink,
  secret,
  totalInputTokens,
  totalOutputTokens,
  type UsageRecord,
} from '@portico/core';
export { attachRealtime, defineProvider, type RealtimeOptions, type VendorDefinition } from '@portico/node';
export type { ExpressHost } from './express-middleware.js';
export { type ExpressGateway, llmGateway } from './llm-gateway.js';
