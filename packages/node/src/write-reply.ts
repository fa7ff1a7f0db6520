import type { ServerResponse } from 'node:http';
import { GatewayError } from '@portico/core';
import type { EventsReply, EventsSink, Reply, ReplyHeaders, WholeReply } from '@portico/core/mount';
import type { NodeIncomingRequest } from './node-incoming-request.js';
import type { NodeResponse } from './serve-options.js';

/** Writes a reply to its socket, unless the client has disconnected or the host has answered in the meantime. */
export function writeReply(reply: Reply, request: NodeIncomingRequest<unknown>, res: NodeResponse): void {
  if (request.isClientGone || res.headersSent) {
    if (reply.kind === 'events') reply.body.cancel(clientLeft());
    return;
  }
  res.statusCode = reply.status;
  setHeaders(res, reply.headers);
  if (reply.kind === 'whole') return writeWhole(reply, request, res);
  // HTTP/2's compatibility class has every method used below; only its published type lacks some.
  writeEvents(reply, request, res as ServerResponse);
}

/** Head and body are sent in one write: Node adds the length itself. */
function writeWhole(reply: WholeReply, request: NodeIncomingRequest<unknown>, res: NodeResponse): void {
  if (request.bodyRefused) endConnection(res);
  if (request.method === 'HEAD') res.setHeader('content-length', Buffer.byteLength(reply.body));
  request.ended = true;
  res.end(reply.body);
}

function writeEvents({ body }: EventsReply, request: NodeIncomingRequest<unknown>, res: ServerResponse): void {
  const flush = flushOf(res);
  let full = false;
  // One listener for the whole answer: compression() forwards `on` to its own stream but not `off`.
  res.on('drain', () => {
    full = false;
    body.resume();
  });
  request.onClientGone(() => body.cancel(clientLeft()));
  const sink: EventsSink = {
    write(events) {
      if (request.isClientGone) return;
      const room = res.write(events);
      flush?.call(res);
      if (room || full) return;
      full = true;
      body.pause();
    },
    fail() {
      res.destroy();
    },
    end() {
      if (request.isClientGone) return;
      request.ended = true;
      res.end();
      if (full) dropUnread(res);
    },
  };
  if (isHttp1(res)) res.socket?.setNoDelay(true);
  body.start(sink);
  // What was available at the start was sent together with the head.
  if (!res.headersSent) res.flushHeaders();
}

/**
 * Time per megabyte for a reader that has stopped reading, once the answer is complete: until then the rest is in
 * memory.
 */
const UNREAD_END_MS = 10_000;
const MEGABYTE = 1_000_000;

function dropUnread(res: ServerResponse): void {
  const megabytes = Math.max(1, Math.ceil(res.writableLength / MEGABYTE));
  const timer = setTimeout(() => res.destroy(), UNREAD_END_MS * megabytes);
  timer.unref();
  res.once('close', () => clearTimeout(timer));
}

/** The connection headers of RFC 9110 §7.6.1, and the length, which the gateway sets. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

/** Whether a header belongs to the connection and not to the answer. */
export function notForwarded(name: string): boolean {
  return NOT_FORWARDED.has(name);
}

function setHeaders(res: NodeResponse, headers: ReplyHeaders): void {
  // One by one, so that the headers of the host's middleware are kept.
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string;
    if (!notForwarded(name)) res.setHeader(name, headers[at + 1] as string);
  }
}

/** The rest of the body is not read, so nothing else can follow on this connection. */
function endConnection(res: NodeResponse): void {
  if (isHttp1(res)) res.setHeader('connection', 'close');
  else res.stream.once('finish', () => res.stream.close());
}

function isHttp1(res: NodeResponse): res is ServerResponse {
  return !('stream' in res);
}

/** A compression middleware's own `flush`; the one that Node inherits is different and deprecated. */
function flushOf(res: ServerResponse): (() => void) | undefined {
  return Object.hasOwn(res, 'flush') ? (res as unknown as { flush(): void }).flush : undefined;
}

function clientLeft(): GatewayError {
  return new GatewayError('client_closed', 'The client disconnected before the answer was complete.');
}
