import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { TokenSource } from '../shared/access-token.js';
import { signedAssertion } from '../shared/signed-assertion.js';
import { requestToken } from '../shared/token-request.js';

/** What a file of Google's credentials gives tokens by. */
export interface Credentials {
  readonly source: TokenSource;
  /** The project the credential belongs to. */
  readonly project: string | undefined;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_ADDRESS = 'https://oauth2.googleapis.com/token';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/**
 * Reads credentials: a service account's key, or what `gcloud auth application-default login` leaves. Throws a sentence
 * for all others, which Google's own library reads: it goes in as a `tokenProvider`.
 */
export function readCredentials(text: string | JsonObject, who: string): Credentials {
  const found = typeof text === 'string' ? parse(text, who) : text;
  switch (found.type) {
    case 'service_account':
      return serviceAccount(found, who);
    case 'authorized_user':
      return authorizedUser(found, who);
    default:
      throw new Error(
        `${who} reads credentials of a service account or of a user. For others, such as workload identity, give ` +
          'the option "tokenProvider".',
      );
  }
}

function serviceAccount(key: JsonObject, who: string): Credentials {
  const issuer = fieldOf(key, 'client_email', who);
  const privateKey = fieldOf(key, 'private_key', who);
  const url = addressOf(key.token_uri, who);
  const keyId = typeof key.private_key_id === 'string' ? key.private_key_id : undefined;
  return {
    project: typeof key.project_id === 'string' ? key.project_id : undefined,
    async source(means) {
      const issuedAt = Math.floor(means.clock.now() / 1000);
      const claims = { iss: issuer, scope: SCOPE, aud: url.href, iat: issuedAt, exp: issuedAt + 3600 };
      const assertion = await signedAssertion(claims, privateKey, keyId).catch(() => {
        throw new GatewayError('unauthorized_upstream', `The private key of ${who} cannot be used for signing.`);
      });
      const body = form({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      return requestToken({ method: 'POST', url, headers: FORM, body }, means, who);
    },
  };
}

function authorizedUser(user: JsonObject, who: string): Credentials {
  const body = form({
    grant_type: 'refresh_token',
    client_id: fieldOf(user, 'client_id', who),
    client_secret: fieldOf(user, 'client_secret', who),
    refresh_token: fieldOf(user, 'refresh_token', who),
  });
  const url = addressOf(user.token_uri, who);
  const quotaProject = typeof user.quota_project_id === 'string' ? user.quota_project_id : undefined;
  return {
    project: quotaProject,
    async source(means) {
      const token = await requestToken({ method: 'POST', url, headers: FORM, body }, means, who);
      return quotaProject === undefined ? token : { ...token, quotaProject };
    },
  };
}

function form(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}

function fieldOf(credentials: JsonObject, name: string, who: string): string {
  const value = credentials[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`The credentials of ${who} have no "${name}".`);
}

function addressOf(given: unknown, who: string): URL {
  const text = typeof given === 'string' ? given : TOKEN_ADDRESS;
  if (URL.canParse(text)) return new URL(text);
  throw new Error(`The "token_uri" in the credentials of ${who} is no address.`);
}

function parse(text: string, who: string): JsonObject {
  try {
    const found: unknown = JSON.parse(text);
    if (isJsonObject(found)) return found;
  } catch {
    // Told below, without the text.
  }
  throw new Error(`The credentials of ${who} must be the JSON of a key file.`);
}
