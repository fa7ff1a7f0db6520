import type { IncomingHttpHeaders } from 'node:http';

/** The names of this machine for itself, with any port. */
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

const OPEN_IT = 'Start portico with --open if everybody who reaches it may use it, or set a key.';

/**
 * Why a server without a key does not answer a request; undefined if it does. Pages in a browser of this machine can
 * reach it: under a name of their own that they let point here (DNS rebinding), and by requests to another site. Neither
 * can choose the headers that are read here.
 */
export function refusalOfForeign(headers: Pick<IncomingHttpHeaders, 'host' | 'origin'> & Seen): string | undefined {
  const { host = '', origin } = headers;
  if (!LOCAL.test(host)) {
    return `This server has no key, so it answers only as localhost, 127.0.0.1 or [::1], and not as another name. ${OPEN_IT}`;
  }
  const site = headers['sec-fetch-site'];
  const isOwn = (site === undefined || site === 'same-origin' || site === 'none') && isOwnOrigin(origin, host);
  return isOwn ? undefined : `This server has no key, so it does not answer requests of other sites. ${OPEN_IT}`;
}

interface Seen {
  readonly 'sec-fetch-site'?: string | readonly string[] | undefined;
}

function isOwnOrigin(origin: string | undefined, host: string): boolean {
  return origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`;
}
