export * from '@portico/node/app';
export type { KoaHost } from './koa-middleware.js';
export { type KoaGateway, type KoaGatewayConfig, llmGateway } from './llm-gateway.js';
