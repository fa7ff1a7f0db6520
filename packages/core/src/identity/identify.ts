import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import { decide } from '../hooks/decide.js';
import type { Authenticate, PolicyRequest } from '../hooks/policy.js';
import type { IncomingRequest } from '../incoming-request.js';
import { type CredentialSource, normalizePrincipal, type Principal, type Via } from '../principal.js';
import { TOKEN_PREFIX, type Tokens } from './ephemeral-tokens.js';
import { keyRefused, type VirtualKeys } from './virtual-keys.js';

/** The caller, and how it was identified. */
export interface Caller {
  readonly principal: Principal;
  readonly via: Via;
}

export interface IdentifyDeps<Host> {
  /** Default: key, token, session, anonymous. */
  readonly order: readonly CredentialSource[] | undefined;
  readonly keys: VirtualKeys;
  /** The principal of a key that is not in the configuration; undefined if no store has keys. */
  readonly findStoredKey: ((presented: string, path: string) => MaybePromise<Principal>) | undefined;
  /** Undefined if no signing secret is configured. */
  readonly tokens: Tokens | undefined;
  /** The host's own hook first, then those of the plugins in order. */
  readonly authenticate: readonly Authenticate<Host>[];
  /** Frozen. */
  readonly anonymous: Principal | undefined;
  readonly clock: Clock;
  readonly policyTimeoutMs: number;
  /** Throws for a principal that cannot be used; `from` says who gave it. */
  checkPrincipal(principal: Principal, from: string): void;
  /** Throws for calls from other sites that a cookie would authorise. `hasBearer`: the header `Authorization` holds a token. */
  checkSite(request: IncomingRequest<Host>, hasBearer: boolean): void;
}

/** The placeholder keys that clients send if they have no key. */
const PLACEHOLDERS = new Set(['session', 'unused', 'none', 'undefined', 'null', '']);

/** The order of credentials if the configuration does not set one. */
const USUAL_ORDER: readonly CredentialSource[] = ['key', 'token', 'session', 'anonymous'];

/**
 * Finds the principal: from the first source, in the configured order, for which a credential was sent. A virtual key
 * or token decides alone, valid or 401: there is no fallback to the session.
 */
export async function identify<Host>(
  request: IncomingRequest<Host>,
  requestId: string,
  cancellation: Cancellation,
  deps: IdentifyDeps<Host>,
): Promise<Caller> {
  if (request.principal !== undefined) {
    deps.checkPrincipal(request.principal, 'The code of this application');
    return { principal: normalizePrincipal(request.principal), via: 'internal' };
  }
  for (const source of deps.order ?? USUAL_ORDER) {
    const principal = FROM[source](request, requestId, cancellation, deps);
    const found = isPromise(principal) ? await principal : principal;
    if (found !== undefined) return { principal: found, via: source };
  }
  throw new GatewayError(
    'unauthenticated',
    deps.keys.size > 0 || deps.findStoredKey !== undefined
      ? 'No credential was sent. Send a virtual key as "Authorization: Bearer …", or log in.'
      : 'You are not logged in. Log in to this application and try again.',
    { code: 'unauthenticated' },
  );
}

/** Undefined if the source does not apply to this request. */
type FindPrincipal = <Host>(
  request: IncomingRequest<Host>,
  requestId: string,
  cancellation: Cancellation,
  deps: IdentifyDeps<Host>,
) => MaybePromise<Principal | undefined>;

const FROM: Readonly<Record<CredentialSource, FindPrincipal>> = {
  key(request, _requestId, _cancellation, { keys, findStoredKey, tokens }) {
    if (keys.size === 0 && findStoredKey === undefined) return undefined;
    const publicId = shownKey(request);
    if (publicId === undefined || (tokens !== undefined && isToken(publicId))) return undefined;
    const principal = keys.find(publicId) ?? findStoredKey?.(publicId, request.path);
    if (principal === undefined) throw keyRefused('invalid_api_key');
    return principal;
  },

  token(request, _requestId, _cancellation, { tokens }) {
    if (tokens === undefined) return undefined;
    const publicId = shownKey(request);
    if (publicId === undefined || !isToken(publicId)) return undefined;
    return tokens.find(publicId).then(normalizePrincipal);
  },

  async session(request, requestId, cancellation, deps) {
    if (deps.authenticate.length === 0) return undefined;
    const seen = { ...request.host, request: new PolicyView(request, requestId, cancellation) };
    for (const authenticate of deps.authenticate) {
      const principal = await decide(() => authenticate(seen), deps.clock, deps.policyTimeoutMs);
      if (!principal) continue;
      deps.checkSite(request, hasBearer(request));
      deps.checkPrincipal(principal, '"authenticate"');
      return normalizePrincipal(principal);
    }
    return undefined;
  },

  anonymous: (_request, _requestId, _cancellation, { anonymous }) => anonymous,
};

/**
 * What policies see of a request. A class, because an object literal with a getter is slow to create, and every call
 * creates one.
 */
export class PolicyView<Host> implements PolicyRequest {
  readonly requestId: string;
  readonly #incoming: IncomingRequest<Host>;
  readonly #cancellation: Cancellation;

  constructor(incoming: IncomingRequest<Host>, requestId: string, cancellation: Cancellation) {
    this.requestId = requestId;
    this.#incoming = incoming;
    this.#cancellation = cancellation;
  }

  get method(): string {
    return this.#incoming.method;
  }
  get path(): string {
    return this.#incoming.path;
  }
  get ip(): string | undefined {
    return this.#incoming.ip;
  }
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return wanted === 'authorization' ? authorizationOf(this.#incoming) : this.#incoming.header(wanted);
  }
}

function shownKey(request: IncomingRequest): string | undefined {
  const authorization = authorizationOf(request);
  const publicId =
    authorization !== undefined && isBearer(authorization)
      ? authorization.slice(7).trim()
      : (request.header('x-api-key') ?? request.header('api-key') ?? request.header('x-goog-api-key'));
  if (publicId === undefined || PLACEHOLDERS.has(publicId) || isJwt(publicId)) return undefined;
  return publicId;
}

function isToken(publicId: string): boolean {
  return publicId.slice(0, TOKEN_PREFIX.length) === TOKEN_PREFIX;
}

/** What the client shows as its credential, in the header or as a subprotocol. */
function authorizationOf(request: IncomingRequest): string | undefined {
  const { subprotocolKey } = request;
  return request.header('authorization') ?? (subprotocolKey === undefined ? undefined : `Bearer ${subprotocolKey}`);
}

/** Of the header alone: a page of another site can offer any subprotocol. */
function hasBearer(request: IncomingRequest): boolean {
  const authorization = request.header('authorization');
  return authorization !== undefined && isBearer(authorization) && !PLACEHOLDERS.has(authorization.slice(7).trim());
}

function isBearer(authorization: string): boolean {
  return authorization.length > 7 && authorization.slice(0, 7).toLowerCase() === 'bearer ';
}

// A JSON Web Token is the host's own bearer token, never a virtual key.
function isJwt(publicId: string): boolean {
  return publicId.startsWith('eyJ') && publicId.split('.').length === 3;
}
