import { fromBase64Url, toBase64Url } from '../base64url.js';
import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { SecretConfig } from '../gateway-config.js';
import type { IssuedToken } from '../issued-token.js';
import { isJsonObject } from '../json.js';
import { type Principal, settledPrincipal } from '../principal.js';
import { secretTexts } from '../secret.js';
import type { Revocations } from './revocations.js';

/** Issues and checks tokens that carry their principal under a signature (HMAC-SHA-256), so that no store is asked. */
export interface Tokens {
  issue(principal: Principal, expiresInMs?: number): Promise<IssuedToken>;
  /** Who a shown token stands for. Rejects with `unauthenticated`, code `invalid_api_key`, `expired` or `revoked`. */
  find(shown: string): Promise<Principal>;
}

/** What every token begins with, so that nothing else is taken for one. */
export const TOKEN_PREFIX = 'pt_';
/** The longest life of a token: a day. */
export const LONGEST_TOKEN_MS = 24 * 60 * 60 * 1_000;
const USUAL_TOKEN_MS = 10 * 60 * 1_000;
/** Headers of Node's servers end at 16 KiB, all together. */
const LONGEST_TOKEN = 4_096;

/** Throws a `ConfigError` if a secret is too short. */
export function openTokens(config: SecretConfig, clock: Clock, revocations: Revocations): Tokens {
  const secrets = secretTexts(config.secret, 'tokens.secret');
  let imported: Promise<readonly CryptoKey[]> | undefined;
  const keys = () => (imported ??= Promise.all(secrets.map(importKey)));

  return {
    async issue(principal, expiresInMs = USUAL_TOKEN_MS) {
      if (!(expiresInMs > 0 && expiresInMs <= LONGEST_TOKEN_MS)) {
        throw new TypeError(`A token lives between 1 and ${LONGEST_TOKEN_MS} ms; ${expiresInMs} was asked for.`);
      }
      const now = clock.now();
      // One that is issued after a revocation in the same millisecond is a new login's.
      const issuedAt = Math.max(now, (revocations.revokedAt(principal.id) ?? 0) + 1);
      const expiresAt = now + expiresInMs;
      const claims = toBase64Url(
        UTF8.encode(JSON.stringify({ p: settledPrincipal(principal), iat: issuedAt, exp: expiresAt })),
      );
      const [key] = await keys();
      const signature = await crypto.subtle.sign('HMAC', key as CryptoKey, UTF8.encode(claims));
      const token = `${TOKEN_PREFIX}${claims}.${toBase64Url(new Uint8Array(signature))}`;
      if (token.length <= LONGEST_TOKEN) return { token, expiresAt };
      throw new TypeError(`The principal makes a token of ${token.length} characters; ${LONGEST_TOKEN} fit a header.`);
    },

    async find(shown) {
      const [claims = '', signature = '', ...rest] = shown.slice(TOKEN_PREFIX.length).split('.');
      const signed = fromBase64Url(signature);
      if (rest.length > 0 || signed === undefined || !(await isSigned(claims, signed)))
        throw refused('invalid_api_key');
      const { p: principal, iat, exp } = readClaims(claims);
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

// Their signature is right, so that we wrote them; another secret's owner may have signed something else.
function readClaims(claims: string): Claims {
  const bytes = fromBase64Url(claims);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isJsonObject(value) && isJsonObject(value.p) && typeof value.p.id === 'string') {
      if (typeof value.iat === 'number' && typeof value.exp === 'number') return value as unknown as Claims;
    }
  } catch {
    // Not JSON.
  }
  throw refused('invalid_api_key');
}

const UTF8 = new TextEncoder();

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', UTF8.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
}

// As for virtual keys, one text for all.
function refused(code: 'invalid_api_key' | 'expired' | 'revoked'): GatewayError {
  return new GatewayError('unauthenticated', 'The token is not valid here any more: sign in again for a new one.', {
    code,
  });
}
