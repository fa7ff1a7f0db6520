import { bytesOfPem, RSA_SHA256 } from '../shared/signed-assertion.js';

/** The SHA-256 of the public key that belongs to a private one (PEM, PKCS #8), in base64: Snowflake's id of a key. */
export async function publicKeyFingerprint(pem: string): Promise<string> {
  const key = await crypto.subtle.importKey('pkcs8', bytesOfPem(pem), RSA_SHA256, true, ['sign']);
  const { kty, n, e } = await crypto.subtle.exportKey('jwk', key);
  const parts = { kty: kty ?? 'RSA', ...(n === undefined ? {} : { n }), ...(e === undefined ? {} : { e }) };
  const publicKey = await crypto.subtle.importKey('jwk', parts, RSA_SHA256, true, ['verify']);
  const digest = await crypto.subtle.digest('SHA-256', await crypto.subtle.exportKey('spki', publicKey));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
