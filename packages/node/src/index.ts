export { defineProvider, type VendorDefinition } from '@portico/providers';
export { attachRealtime, type NodeMiddleware, type RealtimeOptions } from './attach-realtime.js';
export { createGateway } from './create-gateway.js';
export { handleNodeRequest, type NodeReply } from './handle-node-request.js';
export { type NodeHost, type NodeListenerOptions, nodeListener } from './node-listener.js';
export { serveNode } from './serve-node.js';
export type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';
export { type UndiciTransportOptions, undiciTransport } from './undici-transport.js';
