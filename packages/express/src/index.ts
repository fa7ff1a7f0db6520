export * from '@portico/node/app';
export type { ExpressHost } from './express-middleware.js';
export { type ExpressGateway, llmGateway } from './llm-gateway.js';
