import type { Gateway } from '@portico/core';
import type { Reply } from '@portico/core/mount';
import { NodeIncomingRequest } from './node-incoming-request.js';
import type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';
import { writeReply } from './write-reply.js';

/**
 * Lets the gateway answer one request of a Node server. Never throws; does nothing if the client has disconnected or
 * the host has answered already.
 */
export function serveNode<Host>(
  gateway: Pick<Gateway<Host>, 'handle'>,
  req: NodeRequest,
  res: NodeResponse,
  options: ServeOptions<Host>,
): void {
  if (res.headersSent || isGone(res)) return;
  const request = new NodeIncomingRequest(req, res, options);
  gateway.handle(request).then(
    (reply) => answer(reply, request, res, options),
    (error: unknown) => fail(error, request, res, options),
  );
}

// The request itself counts as destroyed as soon as a body parser has read it.
export function isGone(res: NodeResponse): boolean {
  return 'stream' in res ? res.stream.destroyed : res.destroyed;
}

function answer<Host>(
  reply: Reply | undefined,
  request: NodeIncomingRequest<Host>,
  res: NodeResponse,
  options: ServeOptions<Host>,
): void {
  try {
    if (reply !== undefined) writeReply(reply, request, res);
    else if (options.next !== undefined) options.next();
    else writeReply(notFound(request), request, res);
  } catch (error) {
    if (reply?.kind === 'events') reply.body.cancel(error);
    fail(error, request, res, options);
  }
}

/** A bug of the gateway or of a hook: the host's own error page, if nothing was sent yet. */
function fail<Host>(
  error: unknown,
  request: NodeIncomingRequest<Host>,
  res: NodeResponse,
  options: ServeOptions<Host>,
): void {
  if (res.headersSent) res.destroy();
  else if (options.next !== undefined) options.next(error);
  else
    writeReply(errorReply(500, 'api_error', 'internal_error', 'The request failed inside the gateway.'), request, res);
}

function notFound(request: NodeIncomingRequest<unknown>): Reply {
  const message = `${request.method} ${request.path} is not an endpoint of this server.`;
  return errorReply(404, 'invalid_request_error', 'not_found', message);
}

function errorReply(status: number, type: string, code: string, message: string): Reply {
  return {
    kind: 'whole',
    status,
    headers: ['content-type', 'application/json'],
    body: JSON.stringify({ error: { message, type, param: null, code } }),
  };
}
