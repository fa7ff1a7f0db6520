import type { Gateway } from '@portico/core';
import { handleNodeRequest } from '@portico/node';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';

/**
 * What hooks get from Fastify: the request after the host's own hooks ran, with its session and user. `request` is
 * the gateway's own view of it.
 */
export interface FastifyHost {
  readonly req: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Fastify reads no body below the gateway; the size limit is the gateway's own. */
const UNLIMITED_BYTES = Number.MAX_SAFE_INTEGER;

/** Passes every request below the plugin's prefix to the gateway, and the answer to Fastify, which sends it. */
export function fastifyPlugin(
  gateway: Pick<Gateway<FastifyHost>, 'handle' | 'close'>,
  graceMs: number,
): FastifyPluginAsync {
  return async (scope) => {
    // Only in this scope: the host's own parsers are unchanged, and none of them reads the gateway's requests.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const prefix = scope.prefix.replace(/(?<!\/)\/+$/, '');

    async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const answered = await handleNodeRequest(gateway, request.raw, reply.raw, {
        path: pathBelow(prefix, request.url),
        host: { req: request, reply },
        ip: request.ip,
        authority: request.host,
        // If a hook in front has read the stream, the parsed body is here.
        parsedBody: request.body ?? (request as { rawBody?: unknown }).rawBody,
      });
      // The client has disconnected, or the host answers itself.
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
    // Before the server waits for its connections: streams would keep it open.
    scope.addHook('preClose', () => gateway.close({ graceMs }));
  };
}

// OPTIONS is answered by the host's own cors.
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

function pathBelow(prefix: string, url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  // A parametric prefix has as many segments as the text it matches.
  const segments = prefix === '' ? 0 : prefix.split('/').length - 1;
  let at = 0;
  for (let segment = 0; segment < segments; segment += 1) {
    at = path.indexOf('/', at + 1);
    if (at < 0) return '/';
  }
  return path.slice(at) || '/';
}
