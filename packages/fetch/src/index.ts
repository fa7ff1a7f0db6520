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
export { defineProvider, type VendorDefinition } from '@portico/providers';
export { createGateway, type FetchGatewayConfig } from './create-gateway.js';
export { fetchTransport } from './fetch-transport.js';
