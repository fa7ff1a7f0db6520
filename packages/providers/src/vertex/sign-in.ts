import { GatewayError, isJsonObject, reveal, Secret } from '@portico/core';
import type { Connection, ConnectionSettings } from '@portico/core/provider';
import type { TokenSource } from '../shared/access-token.js';
import { credentialHeader } from '../shared/credential.js';
import { signByToken } from '../shared/sign-by-token.js';
import { readCredentials } from './credentials.js';
import { defaultCredentials } from './default-credentials.js';

/** The authentication to the vendor, and the project of the credential. */
export interface SignIn extends Pick<Connection, 'headers' | 'sign'> {
  /** The project that the credential belongs to. */
  readonly project: string | undefined;
  /** With a key, the URL contains no project and location. */
  readonly isByKey: boolean;
}

/**
 * Finds the credential: the host's own header, the option `tokenProvider`, the option `credentials` or its
 * replacements (the JSON of a key file, the path of one, or a key), and Google's default credentials if there is none
 * of them.
 */
export function signIn(
  settings: ConnectionSettings,
  credentials: unknown,
  tokenProvider: unknown,
  providerName: string,
): SignIn {
  const { headers } = settings;
  if ('authorization' in headers || 'x-goog-api-key' in headers) {
    return { headers, project: undefined, isByKey: !('authorization' in headers) };
  }
  if (tokenProvider !== undefined) {
    if (typeof tokenProvider === 'function') return bySource(providedToken(tokenProvider, providerName), undefined);
    throw new Error(`The option "tokenProvider" of ${providerName} must be a function.`);
  }
  const given = textOf(credentials ?? settings.apiKey);
  if (given === undefined) return bySource(defaultCredentials(undefined, providerName), undefined);
  if (isJsonObject(given) || given.trimStart().startsWith('{')) {
    const { source, project } = readCredentials(given, providerName);
    return bySource(source, project);
  }
  if (/[/\\]|\.json$/i.test(given)) return bySource(defaultCredentials(given, providerName), undefined);
  const header = credentialHeader(given, providerName, 'x-goog-api-key');
  return { headers: { ...header, ...headers }, project: undefined, isByKey: true };

  function bySource(source: TokenSource, project: string | undefined): SignIn {
    const sign = signByToken(
      source,
      providerName,
      ({ quotaProject }): Record<string, string> =>
        quotaProject === undefined ? {} : { 'x-goog-user-project': quotaProject },
    );
    return { headers, project, isByKey: false, sign };
  }
}

/** A function of the host, such as one around Google's own library, is called each time: it has its own cache. */
function providedToken(provide: unknown, providerName: string): TokenSource {
  return async ({ clock }) => {
    try {
      const token: unknown = await (provide as () => unknown)(); // it was checked to be a function
      const value = token instanceof Secret ? reveal(token) : token;
      if (typeof value === 'string' && value !== '') return { value, expiresAt: clock.now() };
      throw new Error('The token provider did not return a string.');
    } catch (cause) {
      throw new GatewayError('unauthorized_upstream', `The token provider of ${providerName} returned no token.`, {
        cause,
      });
    }
  };
}

function textOf(credentials: unknown): string | Readonly<Record<string, unknown>> | undefined {
  const plain = credentials instanceof Secret ? reveal(credentials) : credentials;
  if (plain === undefined || plain === '') return undefined;
  if (typeof plain === 'string' || isJsonObject(plain)) return plain;
  throw new Error('The option "credentials" of vertex_ai must be the JSON of a key file, or its path.');
}
