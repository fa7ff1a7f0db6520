import { Readable } from 'node:stream';
import type { Gateway } from '@portico/core';
import { handleNodeRequest } from '@portico/node';
import type { Context, Middleware } from 'koa';

/** What hooks get from Koa: the context after the host's own middleware ran, with its session and user. */
export interface KoaHost {
  readonly ctx: Context;
}

/** Passes every request below the prefix to the gateway, and the answer to Koa, which sends it. */
export function koaMiddleware(gateway: Pick<Gateway<KoaHost>, 'handle'>, prefix: string): Middleware {
  const base = prefix.replace(/(?<!\/)\/+$/, '');
  return async (ctx, next): Promise<void> => {
    const path = pathBelow(base, ctx.path);
    if (path === undefined) {
      await next();
      return;
    }
    // Koa sends the answer: `ctx.respond = false` would lose what middleware sets after `await next()`,
    // above all the session's cookie.
    const reply = await handleNodeRequest(gateway, ctx.req, ctx.res, {
      path,
      host: { ctx },
      // `koa-mount` knows the path; without it and without a prefix this is the whole app.
      atRoot: base === '' && ctx.mountPath === undefined,
      ip: ctx.ip,
      authority: ctx.host,
      parsedBody: parsedBodyOf(ctx),
    });
    if (reply === undefined) {
      // The client has disconnected, or the host's next route answers.
      if (!ctx.res.destroyed && !ctx.headerSent) await next();
      return;
    }
    ctx.status = reply.status;
    for (let at = 0; at < reply.headers.length; at += 2) {
      ctx.set(reply.headers[at] as string, reply.headers[at + 1] as string);
    }
    if (reply.body instanceof Readable) ignoreDisconnect(ctx);
    ctx.body = reply.body;
  };
}

/**
 * To Koa 3 every disconnect during a stream is an error of the application, with a stack in the log; a stop button is
 * not an error.
 */
function ignoreDisconnect(ctx: Context): void {
  const tell = ctx.onerror;
  ctx.onerror = (error) => {
    const isLeaving =
      (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE' ||
      (error !== null && error === ctx.req.socket.errored);
    if (!isLeaving) tell.call(ctx, error);
  };
}

/**
 * The path below the prefix; undefined for other paths. A segment of the prefix that begins with `:` matches any one.
 */
function pathBelow(base: string, path: string): string | undefined {
  if (base === '') return path;
  const length = base.includes('/:')
    ? lengthOfMatch(base.split('/'), path)
    : path.startsWith(base)
      ? base.length
      : undefined;
  if (length === undefined) return undefined;
  const below = path.slice(length);
  return below === '' ? '/' : below.startsWith('/') ? below : undefined;
}

function lengthOfMatch(wanted: readonly string[], path: string): number | undefined {
  const found = path.split('/').slice(0, wanted.length);
  const fits = wanted.every((segment, at) => (segment.startsWith(':') ? found[at] : found[at] === segment));
  return fits ? found.join('/').length : undefined;
}

// The original text contains more than the parsed value: Koa's parsers keep both.
function parsedBodyOf({ request }: Context): unknown {
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  return typeof rawBody === 'string' || rawBody instanceof Uint8Array ? rawBody : body;
}
