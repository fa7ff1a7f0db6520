export * from '@portico/core/app';
export { defineProvider, type VendorDefinition } from '@portico/providers';
export { createGateway, type FetchGatewayConfig } from './create-gateway.js';
export { fetchTransport } from './fetch-transport.js';
