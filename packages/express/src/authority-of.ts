import type { Request } from 'express';

/**
 * The host and port that the client requested, by the app's own `trust proxy` setting. Express itself returns it
 * without the port in version 4 and with it in 5.
 */
export function authorityOf(req: Request): string | undefined {
  const forwarded = req.headers['x-forwarded-host'];
  if (typeof forwarded !== 'string' || !isTrusted(req)) return req.headers.host;
  return forwarded.split(',', 1)[0]?.trim();
}

function isTrusted(req: Request): boolean {
  const trust = req.app.get('trust proxy fn') as TrustProxy | undefined;
  return trust?.(req.socket.remoteAddress, 0) === true;
}

/** What Express compiles its `trust proxy` setting to, also used by its own `req.ip` and `req.hostname`. */
type TrustProxy = (address: string | undefined, hop: number) => boolean;
