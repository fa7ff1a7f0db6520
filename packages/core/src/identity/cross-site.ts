import { GatewayError } from '../errors.js';
import { type ConfigProblem, throwProblems } from '../settings/config-error.js';
import type { GatewayConfig } from '../settings/gateway-config.js';

/** What the check reads of a request. */
interface CheckedRequest {
  readonly method: string;
  header(name: string): string | undefined;
  readonly authority: string | undefined;
  /** Set where a WebSocket is asked for. */
  readonly accept?: unknown;
}

/** `hasBearer`: the header `Authorization` holds a bearer token. */
type CrossSiteCheck = (request: CheckedRequest, hasBearer?: boolean) => void;

/**
 * Makes the check for calls that the host's session authorises (R-SEC-7, R21): another site must not be able to have the
 * browser make them. Throws `forbidden` or `unsupported_media_type`; `csrf: false` makes a check that lets everything pass.
 * Throws a `ConfigError` if `originProblems` has any.
 */
export function createCrossSiteCheck(csrf: GatewayConfig['csrf']): CrossSiteCheck {
  if (csrf === false) return () => {};
  throwProblems(originProblems(csrf));
  const allowed = new Set((csrf?.origins ?? []).flatMap((origin) => originOf(origin) ?? []));
  return (request, hasBearer = false) => {
    // Only the host knows which credential its session was found by. Without a cookie it was the token, which browsers never
    // send by themselves. With a cookie it may have been the cookie, whatever token is beside it.
    const byToken = hasBearer && request.header('cookie') === undefined;
    if (request.accept !== undefined) return requireOwnOriginOfSocket(request, allowed, byToken);
    if (byToken) return;
    // No form can send the header of a bearer token either.
    if (!hasBearer && request.method !== 'GET' && request.method !== 'HEAD') requireUnsendableByForms(request);
    requireOwnOrigin(request, allowed);
  };
}

/**
 * Browsers name the origin of every WebSocket and ask no other site for permission (RFC 6455 §10.2), so the origin decides,
 * also where none is named. A program that shows a token and nothing else needs none.
 */
function requireOwnOriginOfSocket(request: CheckedRequest, allowed: ReadonlySet<string>, byToken: boolean): void {
  const isNamed = request.header('origin') !== undefined || request.header('sec-fetch-site') === 'same-origin';
  if (isNamed) return requireOwnOrigin(request, allowed);
  if (byToken && request.header('sec-fetch-site') === undefined) return;
  throw new GatewayError(
    'forbidden',
    'A WebSocket that a session authorises needs the header "origin", with the origin of this site. Send it, or use a key.',
    { code: 'cross_site' },
  );
}

/** What is wrong with the sites that a configuration allows. */
export function originProblems(csrf: GatewayConfig['csrf']): readonly ConfigProblem[] {
  if (csrf === undefined || csrf === false) return [];
  return csrf.origins.flatMap((origin, index) => {
    if (originOf(origin) !== undefined) return [];
    const message = `"${origin}" is more than a site: write scheme and host only, as in "https://app.example.com".`;
    return [{ path: `csrf.origins[${index}]`, message }];
  });
}

/** Undefined for what is more than scheme and host, or none. */
function originOf(text: string): string | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || parsed.origin === 'null' || parsed.href !== `${parsed.origin}/`) return undefined;
  return parsed.origin;
}

// Browsers send forms to other sites without asking, but neither JSON nor custom headers:
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
function requireUnsendableByForms(request: CheckedRequest): void {
  const contentType = request.header('content-type');
  if (contentType === 'application/json') return;
  const type = mediaTypeOf(contentType);
  if (type === 'application/json') return;
  const hasOwnHeader =
    request.header('x-requested-with') !== undefined || request.header('x-portico-csrf') !== undefined;
  if (type === 'multipart/form-data' && hasOwnHeader) return;
  throw new GatewayError(
    'unsupported_media_type',
    type === 'multipart/form-data'
      ? 'A multipart body of a call that comes with a session cookie needs the header "x-requested-with" or "x-portico-csrf".'
      : 'A call that comes with a session cookie needs the header "content-type: application/json".',
  );
}

function mediaTypeOf(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

function requireOwnOrigin(request: CheckedRequest, allowed: ReadonlySet<string | undefined>): void {
  const origin = request.header('origin');
  const site = request.header('sec-fetch-site');
  // Sandboxed frames, local files and data: URLs all have this origin, so it identifies nobody.
  if (origin !== 'null') {
    // The browser's own decision; it also holds behind a proxy that changed the host.
    if (site === 'same-origin') return;
    if (origin !== undefined && allowed.has(origin)) return;
    // Every browser sends the origin with a POST: a request without one does not come from a page, or is a GET.
    if ((site === undefined || site === 'none') && (origin === undefined || isOwn(origin, request.authority))) return;
  }
  throw new GatewayError(
    'forbidden',
    `This call comes with a session cookie, but from another site (${origin === undefined ? `sec-fetch-site: ${site?.slice(0, 20)}` : `origin: ${origin.slice(0, 200)}`}). Make it from this site's own pages or with a key, or have the site added to csrf.origins.`,
    { code: 'cross_site' },
  );
}

// The scheme is not compared, because it is lost behind a proxy that terminates TLS.
function isOwn(origin: string, authority: string | undefined): boolean {
  if (authority === undefined) return false;
  const at = origin.indexOf('://');
  if (at < 0) return false;
  const host = origin.slice(at + 3).toLowerCase();
  const own = authority.toLowerCase();
  return host === own || own === `${host}${origin.startsWith('https:') ? ':443' : ':80'}`;
}
