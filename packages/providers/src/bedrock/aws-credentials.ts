import { GatewayError, isJsonObject, type JsonObject, reveal, Secret } from '@portico/core';
import type { Expiring, Source, SourceMeans } from '../shared/kept-credential.js';

/** Keys of AWS. Those that are fixed never end. */
export interface AwsCredentials extends Expiring {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of keys that are lent for a while. */
  readonly sessionToken: string | undefined;
}

export type CredentialSource = Source<AwsCredentials>;

/** Who a chain looks for keys for. */
export interface ChainPlace {
  readonly who: string;
  readonly region: string;
  /** Where roles are given out, if elsewhere than usual. */
  readonly stsEndpoint: string | undefined;
}

/** Keys that are written down somewhere; undefined where there are none. */
export function fixedKeys(
  accessKeyId: unknown,
  secretAccessKey: unknown,
  sessionToken: unknown,
): AwsCredentials | undefined {
  const id = textOf(accessKeyId);
  const secretKey = textOf(secretAccessKey);
  if (id === undefined || secretKey === undefined) return undefined;
  return {
    accessKeyId: id,
    secretAccessKey: secretKey,
    sessionToken: textOf(sessionToken),
    expiresAt: Number.POSITIVE_INFINITY,
  };
}

/** Keys that a function of the host's gives, such as one of AWS' own library, which keeps them itself where they do not end. */
export function providedKeys(provide: unknown, who: string): CredentialSource {
  if (typeof provide !== 'function') throw new Error(`The option "credentials" of ${who} must be a function.`);
  return async ({ clock }) => {
    try {
      const given: unknown = await (provide as () => unknown)(); // it was found to be a function
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = isJsonObject(given)
        ? given
        : ({} as JsonObject);
      const keys = fixedKeys(accessKeyId, secretAccessKey, sessionToken);
      if (keys === undefined) throw new Error('The function did not give "accessKeyId" and "secretAccessKey".');
      const endsAt = expiration instanceof Date ? expiration.getTime() : Number.NaN;
      return { ...keys, expiresAt: Number.isFinite(endsAt) ? endsAt : clock.now() };
    } catch (cause) {
      throw new GatewayError('unauthorized_upstream', `The option "credentials" of ${who} gave no keys.`, { cause });
    }
  };
}

/** Keys as the services that lend them tell them, in whichever spelling. */
export function lentKeys(told: JsonObject, now: number, who: string, where: string): AwsCredentials {
  const keys = fixedKeys(told.AccessKeyId, told.SecretAccessKey, told.Token ?? told.SessionToken);
  if (keys === undefined) throw notSignedIn(who, `${where} gave no keys`);
  const endsAt = typeof told.Expiration === 'string' ? Date.parse(told.Expiration) : Number.NaN;
  return { ...keys, expiresAt: Number.isFinite(endsAt) ? endsAt : now + USUAL_MS };
}

/** How long lent keys are taken for good that do not say it. */
export const USUAL_MS = 15 * 60_000;

/** Nobody could tell the vendor who asks. `why` goes on from "could not sign in". */
export function notSignedIn(who: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('unauthorized_upstream', `${who} could not sign in: ${why}.`, { cause });
}

/** An option or a variable that is text, or a secret; undefined where it is nothing. */
export function textOf(value: unknown): string | undefined {
  const plain = value instanceof Secret ? reveal(value) : value;
  return typeof plain === 'string' && plain !== '' ? plain : undefined;
}

/** What a file says that is named, without the line break behind it. */
export async function fileOf(path: string, who: string, { readFile }: SourceMeans): Promise<string> {
  try {
    if (readFile !== undefined) return (await readFile(path)).trim();
  } catch {
    // Told below: what the system says may show more of the machine than a client should see.
  }
  throw notSignedIn(who, 'a file with a token cannot be read');
}
