import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { TokenSource } from '../shared/access-token.js';
import { signedAssertion } from '../shared/signed-assertion.js';
import { requestToken } from '../shared/token-request.js';

/** The content of a file of Google credentials that is needed for tokens. */
export interface Credentials {
  readonly source: TokenSource;
  /** The project the credential belongs to. */
  readonly project: string | undefined;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_ADDRESS = 'https://oauth2.googleapis.com/token';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/**
 * Reads credentials: a service account's key, or the file of `gcloud auth application-default login`. Throws a
 * sentence for all others, which Google's own library supports: pass it as a `tokenProvider`.
 */
export function readCredentials(text: string | JsonObject, providerName: string): Credentials {
  const found = typeof text === 'string' ? parse(text, providerName) : text;
  switch (found.type) {
    case 'service_account':
      return serviceAccount(found, providerName);
    case 'authorized_user':
      return authorizedUser(found, providerName);
    default:
      throw new Error(
        `${providerName} supports the credentials of a service account or of a user. For others, such as workload identity, set ` +
          'the option "tokenProvider".',
      );
  }
}

function serviceAccount(key: JsonObject, providerName: string): Credentials {
  const issuer = fieldOf(key, 'client_email', providerName);
  const privateKey = fieldOf(key, 'private_key', providerName);
  const url = addressOf(key.token_uri, providerName);
  const keyId = typeof key.private_key_id === 'string' ? key.private_key_id : undefined;
  return {
    project: typeof key.project_id === 'string' ? key.project_id : undefined,
    async source(means) {
      const issuedAt = Math.floor(means.clock.now() / 1000);
      const claims = { iss: issuer, scope: SCOPE, aud: url.href, iat: issuedAt, exp: issuedAt + 3600 };
      const assertion = await signedAssertion(claims, privateKey, keyId).catch(() => {
        throw new GatewayError(
          'unauthorized_upstream',
          `The private key of ${providerName} cannot be used for signing.`,
        );
      });
      const body = form({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      return requestToken({ method: 'POST', url, headers: FORM, body }, means, providerName);
    },
  };
}

function authorizedUser(user: JsonObject, providerName: string): Credentials {
  const body = form({
    grant_type: 'refresh_token',
    client_id: fieldOf(user, 'client_id', providerName),
    client_secret: fieldOf(user, 'client_secret', providerName),
    refresh_token: fieldOf(user, 'refresh_token', providerName),
  });
  const url = addressOf(user.token_uri, providerName);
  const quotaProject = typeof user.quota_project_id === 'string' ? user.quota_project_id : undefined;
  return {
    project: quotaProject,
    async source(means) {
      const token = await requestToken({ method: 'POST', url, headers: FORM, body }, means, providerName);
      return quotaProject === undefined ? token : { ...token, quotaProject };
    },
  };
}

function form(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}

function fieldOf(credentials: JsonObject, name: string, providerName: string): string {
  const value = credentials[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`The credentials of ${providerName} have no "${name}".`);
}

function addressOf(given: unknown, providerName: string): URL {
  const text = typeof given === 'string' ? given : TOKEN_ADDRESS;
  if (URL.canParse(text)) return new URL(text);
  throw new Error(`The "token_uri" in the credentials of ${providerName} is not a URL.`);
}

function parse(text: string, providerName: string): JsonObject {
  try {
    const found: unknown = JSON.parse(text);
    if (isJsonObject(found)) return found;
  } catch {
    // Told below, without the text.
  }
  throw new Error(`The credentials of ${providerName} must be the JSON of a key file.`);
}
