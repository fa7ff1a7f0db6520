/** A signed assertion of an identity (RFC 7523), with RSA and SHA-256. `privateKey` is in PEM, as PKCS #8. */
export async function signedAssertion(
  claims: Readonly<Record<string, string | number>>,
  privateKey: string,
  keyId: string | undefined,
): Promise<string> {
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const statement = `${base64Url(UTF8.encode(JSON.stringify(header)))}.${base64Url(UTF8.encode(JSON.stringify(claims)))}`;
  const key = await crypto.subtle.importKey('pkcs8', bytesOfPem(privateKey), RSA_SHA256, false, ['sign']);
  const signature = await crypto.subtle.sign(RSA_SHA256.name, key, UTF8.encode(statement));
  return `${statement}.${base64Url(new Uint8Array(signature))}`;
}

const UTF8 = new TextEncoder();
/** The RSA algorithm for these tokens. */
export const RSA_SHA256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** The content of a PEM key. */
export function bytesOfPem(pem: string): Uint8Array<ArrayBuffer> {
  // Line breaks that were escaped once more than intended.
  const base64 = pem.replaceAll('\\n', '').replaceAll(/-----[A-Z ]+-----|\s/g, '');
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64Url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
