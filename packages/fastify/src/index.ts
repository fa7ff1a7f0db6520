export * from '@portico/node/app';
export type { FastifyHost } from './fastify-plugin.js';
export { type FastifyGateway, type FastifyGatewayConfig, llmGateway } from './llm-gateway.js';
