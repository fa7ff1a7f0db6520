// For who mounts a gateway in a framework or a runtime: requests as they come in, replies as they leave.
export type { GatewayRuntime } from '../composition/gateway-runtime.js';
export type { IncomingBody, IncomingRequest } from '../incoming-request.js';
export type { MessageSink, MessageSocket } from '../message-socket.js';
export type { EventsReply, EventsSink, EventsSource, Reply, ReplyHeaders, WholeReply } from '../reply.js';
export { withErrorListener } from '../streams/with-error-listener.js';
