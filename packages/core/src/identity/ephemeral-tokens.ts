import type { Clock } from '../clock.js';
import { fromBase64Url, toBase64Url } from '../encoding/base64url.js';
import { isJsonObject } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import type { IssuedToken } from '../issued-token.js';
import { normalizePrincipal, type Principal } from '../principal.js';
import { secretTexts } from '../secret.js';
import type { SecretConfig } from '../settings/gateway-config.js';
import type { Revocations } from './revocations.js';

/** Issues and checks tokens that contain their principal and a signature (HMAC-SHA-256), so that no store is needed. */
export interface Tokens {
  issue(principal: Principal, expiresInMs?: number): Promise<IssuedToken>;
  /** The principal of a token. Rejects with `unauthenticated`, code `invalid_api_key`, `expired` or `revoked`. */
  find(presented: string): Promise<Principal>;
}

/** The prefix of every token, so that nothing else is taken for one. */
export const TOKEN_PREFIX = 'pt_';
/** The longest lifetime of a token: a day. */
export const LONGEST_TOKEN_MS = 24 * 60 * 60 * 1_000;
/** Other instances may have issued a token by a clock that is ahead of this one. */
const CLOCK_SKEW_MS = 5 * 60 * 1_000;
/** Who may accept what is signed: part of the claims and of the key. */
const AUDIENCE = 'portico';
const USUAL_TOKEN_MS = 10 * 60 * 1_000;
/** Node's servers accept 16 KiB of headers in total. */
const LONGEST_TOKEN = 4_096;

/** Throws a `ConfigError` if a secret is too short. */
export function createTokens(config: SecretConfig, clock: Clock, revocations: Revocations): Tokens {
  const secrets = secretTexts(config.secret, 'tokens.secret');
  let imported: Promise<readonly CryptoKey[]> | undefined;
  const keys = () => (imported ??= Promise.all(secrets.map(deriveKey)));

  return {
    async issue(principal, expiresInMs = USUAL_TOKEN_MS) {
      if (!(expiresInMs > 0 && expiresInMs <= LONGEST_TOKEN_MS)) {
        throw new TypeError(
          `The lifetime of a token must be 1 to ${LONGEST_TOKEN_MS} ms; ${expiresInMs} was requested.`,
        );
      }
      const now = clock.now();
      // A token issued after a revocation in the same millisecond belongs to a new login.
      const issuedAt = Math.max(now, (revocations.revokedAt(principal.id) ?? 0) + 1);
      const expiresAt = now + expiresInMs;
      const claims = toBase64Url(
        UTF8.encode(JSON.stringify({ aud: AUDIENCE, p: normalizePrincipal(principal), iat: issuedAt, exp: expiresAt })),
      );
      const [key] = await keys();
      const signature = await crypto.subtle.sign('HMAC', key as CryptoKey, UTF8.encode(claims));
      const token = `${TOKEN_PREFIX}${claims}.${toBase64Url(new Uint8Array(signature))}`;
      if (token.length <= LONGEST_TOKEN) return { token, expiresAt };
      throw new TypeError(
        `The token of this principal would have ${token.length} characters; at most ${LONGEST_TOKEN} fit into a header.`,
      );
    },

    async find(presented) {
      const [claims = '', signature = '', ...rest] = presented.slice(TOKEN_PREFIX.length).split('.');
      const signed = fromBase64Url(signature);
      if (rest.length > 0 || signed === undefined || !(await isSigned(claims, signed)))
        throw refused('invalid_api_key');
      const { p: principal, iat, exp } = readClaims(claims);
      // No token of this gateway lives longer, whoever signed it.
      if (exp - iat > LONGEST_TOKEN_MS || iat > clock.now() + CLOCK_SKEW_MS) throw refused('invalid_api_key');
      if (clock.now() >= exp) throw refused('expired');
      const revokedAt = revocations.revokedAt(principal.id);
      if (revokedAt !== undefined && iat <= revokedAt) throw refused('revoked');
      return principal;
    },
  };

  async function isSigned(claims: string, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const text = UTF8.encode(claims);
    for (const key of await keys()) if (await crypto.subtle.verify('HMAC', key, signature, text)) return true;
    return false;
  }
}

interface Claims {
  readonly p: Principal;
  /** Milliseconds since the epoch, both. */
  readonly iat: number;
  readonly exp: number;
}

function readClaims(claims: string): Claims {
  const bytes = fromBase64Url(claims);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isJsonObject(value) && value.aud === AUDIENCE && isJsonObject(value.p) && typeof value.p.id === 'string') {
      if (typeof value.iat === 'number' && typeof value.exp === 'number') return value as unknown as Claims;
    }
  } catch {
    // Not JSON.
  }
  throw refused('invalid_api_key');
}

const UTF8 = new TextEncoder();

/** A key of its own, derived from the secret (RFC 5869): what a host signs with the same secret is no token. */
async function deriveKey(secret: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', UTF8.encode(secret), 'HKDF', false, ['deriveKey']);
  const derivation = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(0),
    info: UTF8.encode(`${AUDIENCE} ephemeral tokens`),
  };
  const signing = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, material, signing, false, ['sign', 'verify']);
}

// One text for all reasons, as for virtual keys.
function refused(code: 'invalid_api_key' | 'expired' | 'revoked'): GatewayError {
  return new GatewayError('unauthenticated', 'The token is no longer valid: sign in again to get a new one.', {
    code,
  });
}
