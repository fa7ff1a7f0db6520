import { toBase64Url } from '../encoding/base64url.js';
import { StoreConflict } from './store-conflict.js';

const SHORTEST_SECRET = 20;
const SECRET_BYTES = 32;

/** The SHA-256 of a key, in lower-case hex: what stores keep, and what a key is found by. */
export async function hashOfKey(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A key's secret and what is kept of it. */
export interface PreparedSecret {
  /** Undefined where only the hash is known. */
  readonly secret: string | undefined;
  readonly hash: string;
  readonly hint: string;
}

/**
 * Makes a secret of 32 random bytes, or takes the one or the hash it is given. Throws a `StoreConflict` `invalid` for a
 * secret that is too short or that no header can carry, and for a hash that is none.
 */
export async function prepareSecret(given: {
  readonly secret?: string | undefined;
  readonly hash?: string | undefined;
  readonly prefix?: string | undefined;
}): Promise<PreparedSecret> {
  const { hash, prefix = 'sk-' } = given;
  if (hash !== undefined) {
    if (given.secret !== undefined) throw new StoreConflict('invalid', 'hash: give a secret or its hash, not both.');
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new StoreConflict('invalid', 'hash: a SHA-256 is 64 digits of hex.');
    return { secret: undefined, hash, hint: '…' };
  }
  const secret = given.secret ?? prefix + toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  if (secret.length < SHORTEST_SECRET) {
    throw new StoreConflict('invalid', `secret: use at least ${SHORTEST_SECRET} characters, made at random.`);
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new StoreConflict('invalid', 'secret: use printable ASCII without spaces, or no header can carry it.');
  }
  // Four of at least twenty characters: enough to recognise a key by, too little to guess it.
  const hint = `${secret.startsWith('sk-') ? 'sk-' : ''}…${secret.slice(-4)}`;
  return { secret, hash: await hashOfKey(secret), hint };
}

/** `key_` and 20 random characters. */
export function newKeyId(): string {
  return `key_${toBase64Url(crypto.getRandomValues(new Uint8Array(15)))}`;
}
