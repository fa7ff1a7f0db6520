export {
  type Budget,
  type DeploymentConfig,
  GatewayError,
  type JsonObject,
  type Principal,
  totalInputTokens,
  totalOutputTokens,
  type UsageRecord,
} from '@portico/core';
export { type ExpressGateway, type ExpressHost, llmGateway } from './llm-gateway.js';
