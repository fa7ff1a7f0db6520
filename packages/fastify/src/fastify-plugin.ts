import type { Gateway } from '@portico/core';
import { askGateway } from '@portico/node';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';

/** What hooks get of Fastify: the request after the host's own hooks ran, with its session and user. `request` is the gateway's own view of it. */
export interface FastifyHost {
  readonly req: FastifyRequest;
  readonly reply: FastifyReply;
}

/** No body is read by Fastify below the gateway: how much it may be is the gateway's own limit to say. */
const UNLIMITED_BYTES = Number.MAX_SAFE_INTEGER;

/** Hands every request below the plugin's prefix to the gateway, and the answer to Fastify, which sends it. */
export function fastifyPlugin(
  gateway: Pick<Gateway<FastifyHost>, 'handle' | 'close'>,
  graceMs: number,
): FastifyPluginAsync {
  return async (scope) => {
    // Of this scope alone: the host's own parsers stay as they are, and none of them sees our requests.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const prefix = scope.prefix.replace(/(?<!\/)\/+$/, '');

    async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const answered = await askGateway(gateway, request.raw, reply.raw, {
        path: pathBelow(prefix, request.url),
        host: { req: request, reply },
        ip: request.ip,
        authority: request.host,
        // Where a hook in front has read the stream, what it kept is here.
        parsedBody: request.body ?? (request as { rawBody?: unknown }).rawBody,
      });
      // Nobody waits any more, or it is the host's own answer that should be given.
      if (answered === undefined) return reply.raw.destroyed ? reply : reply.callNotFound();
      reply.code(answered.status);
      for (let at = 0; at < answered.headers.length; at += 2) {
        reply.header(answered.headers[at] as string, answered.headers[at + 1]);
      }
      return reply.send(answered.body);
    }

    const route = { method: METHODS, handler: answer, bodyLimit: UNLIMITED_BYTES, exposeHeadRoute: false };
    scope.route({ ...route, url: '/' });
    scope.route({ ...route, url: '/*' });
    // Before the server waits for its connections: streams would hold it open.
    scope.addHook('preClose', () => gateway.close({ graceMs }));
  };
}

// OPTIONS belongs to the host's own cors.
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

function pathBelow(prefix: string, url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  // A parametric prefix has as many segments as what it stands for.
  const segments = prefix === '' ? 0 : prefix.split('/').length - 1;
  let at = 0;
  for (let segment = 0; segment < segments; segment += 1) {
    at = path.indexOf('/', at + 1);
    if (at < 0) return '/';
  }
  return path.slice(at) || '/';
}
