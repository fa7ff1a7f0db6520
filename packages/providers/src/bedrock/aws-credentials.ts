import { GatewayError, isJsonObject, type JsonObject, reveal, Secret } from '@portico/core';
import type { Expiring, Source, SourceContext } from '../shared/cached-credential.js';

/** AWS credentials. Fixed ones do not expire. */
export interface AwsCredentials extends Expiring {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken: string | undefined;
}

export type CredentialSource = Source<AwsCredentials>;

/** What a credential chain is looked up for. */
export interface ChainContext {
  readonly providerName: string;
  readonly region: string;
  /** The STS endpoint, if it is not the default. */
  readonly stsEndpoint: string | undefined;
}

/** Fixed credentials; undefined if there are none. */
export function staticCredentials(
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

/**
 * Credentials from a function of the host, such as one of the AWS SDK, which caches them itself if they do not
 * expire.
 */
export function providedCredentials(provide: unknown, providerName: string): CredentialSource {
  if (typeof provide !== 'function') throw new Error(`The option "credentials" of ${providerName} must be a function.`);
  return async ({ clock }) => {
    try {
      const given: unknown = await (provide as () => unknown)(); // it was checked to be a function
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = isJsonObject(given)
        ? given
        : ({} as JsonObject);
      const keys = staticCredentials(accessKeyId, secretAccessKey, sessionToken);
      if (keys === undefined) throw new Error('The function did not return "accessKeyId" and "secretAccessKey".');
      const endsAt = expiration instanceof Date ? expiration.getTime() : Number.NaN;
      return { ...keys, expiresAt: Number.isFinite(endsAt) ? endsAt : clock.now() };
    } catch (cause) {
      throw new GatewayError('unauthorized_upstream', `The option "credentials" of ${providerName} returned no keys.`, {
        cause,
      });
    }
  };
}

/** Credentials in the formats of the services that issue them. */
export function temporaryCredentials(
  told: JsonObject,
  now: number,
  providerName: string,
  where: string,
): AwsCredentials {
  const keys = staticCredentials(told.AccessKeyId, told.SecretAccessKey, told.Token ?? told.SessionToken);
  if (keys === undefined) throw signInError(providerName, `${where} returned no keys`);
  const endsAt = typeof told.Expiration === 'string' ? Date.parse(told.Expiration) : Number.NaN;
  return { ...keys, expiresAt: Number.isFinite(endsAt) ? endsAt : now + USUAL_MS };
}

/** How long temporary credentials without an expiry are used. */
export const USUAL_MS = 15 * 60_000;

/** The error of a failed sign-in. `why` continues "could not sign in". */
export function signInError(providerName: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('unauthorized_upstream', `${providerName} could not sign in: ${why}.`, { cause });
}

/** An option or a variable that is text or a secret; undefined if it is empty. */
export function textOf(value: unknown): string | undefined {
  const plain = value instanceof Secret ? reveal(value) : value;
  return typeof plain === 'string' && plain !== '' ? plain : undefined;
}

/** The content of a named file, without the final line break. */
export async function fileOf(path: string, providerName: string, { readFile }: SourceContext): Promise<string> {
  try {
    if (readFile !== undefined) return (await readFile(path)).trim();
  } catch {
    // Told below: what the system says may show more of the machine than a client should see.
  }
  throw signInError(providerName, 'a token file cannot be read');
}
