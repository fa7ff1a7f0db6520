export { createGateway } from './create-gateway.js';
export { type NodeHost, type NodeListenerOptions, nodeListener } from './node-listener.js';
export { type NodeRequest, type NodeResponse, type ServeOptions, serveNode } from './serve-node.js';
export { type UndiciTransportOptions, undiciTransport } from './undici-transport.js';
