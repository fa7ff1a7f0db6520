import type { AwsCredentials } from './aws-credentials.js';

/** A request as AWS sees it when it checks the signature. */
export interface SignableRequest {
  readonly method: string;
  /** Without port if it is the default. */
  readonly host: string;
  /** Path and query, exactly as they are sent. */
  readonly path: string;
  /** Headers that must be signed besides the signer's own, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Signs requests to one service in one region. */
export type Sign = (
  request: SignableRequest,
  credentials: AwsCredentials,
  nowMs: number,
) => Promise<Readonly<Record<string, string>>>;

/**
 * Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html):
 * returns the headers of a signed request. The signing key is valid for a day, and derived once for it.
 */
export function signatureV4(service: string, region: string): Sign {
  let derivedFor = '';
  let derived: CryptoKey | undefined;

  return async (request, credentials, nowMs) => {
    const time = new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
    const day = time.slice(0, 8);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const own = { 'x-amz-date': time, ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }) };
    const signed = Object.entries({ ...request.headers, ...own, host: request.host }).sort(byName);
    const names = signed.map(([name]) => name).join(';');
    const canonical = [
      request.method,
      ...canonicalAddress(request.path),
      signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/\s+/g, ' ')}\n`).join(''),
      names,
      hex(await sha256(request.body ?? '')),
    ].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const statement = `${ALGORITHM}\n${time}\n${scope}\n${hex(await sha256(canonical))}`;
    const signature = hex(await hmac(await keyOf(secretAccessKey, day), statement));
    const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return { ...own, authorization };
  };

  async function keyOf(secretAccessKey: string, day: string): Promise<CryptoKey> {
    const wanted = `${day} ${secretAccessKey}`;
    if (derived !== undefined && derivedFor === wanted) return derived;
    let key = await hmacKey(UTF8.encode(`AWS4${secretAccessKey}`));
    for (const part of [day, region, service, 'aws4_request']) key = await hmacKey(await hmac(key, part));
    derived = key;
    derivedFor = wanted;
    return key;
  }
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UTF8 = new TextEncoder();

/** Every part of the path is encoded once more than it is sent, except for S3; the query is sorted. */
function canonicalAddress(path: string): [path: string, query: string] {
  const mark = path.indexOf('?');
  const [plain, query] = mark < 0 ? [path, ''] : [path.slice(0, mark), path.slice(mark + 1)];
  const fields = query
    .split('&')
    .filter((field) => field !== '')
    .map((field) => {
      const equals = field.indexOf('=');
      const [name, value] = equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
      return [encoded(decoded(name)), encoded(decoded(value))] as const;
    })
    .sort((one, other) => byName(one, other) || compared(one[1], other[1]));
  return [plain.split('/').map(encoded).join('/'), fields.map(([name, value]) => `${name}=${value}`).join('&')];
}

function byName(one: readonly [string, string], other: readonly [string, string]): number {
  return compared(one[0], other[0]);
}

function compared(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sha256(data: string | Uint8Array): Promise<ArrayBuffer> {
  // A view of any buffer is fine for reading; the type only allows unshared ones.
  return crypto.subtle.digest('SHA-256', (typeof data === 'string' ? UTF8.encode(data) : data) as BufferSource);
}

function hmacKey(bytes: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

function hmac(key: CryptoKey, text: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign('HMAC', key, UTF8.encode(text));
}

function hex(bytes: ArrayBuffer): string {
  let text = '';
  for (const byte of new Uint8Array(bytes)) text += byte.toString(16).padStart(2, '0');
  return text;
}
