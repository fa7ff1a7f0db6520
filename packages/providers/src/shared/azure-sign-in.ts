import { GatewayError, Secret } from '@portico/core';
import type { Connection, ConnectionSettings } from '@portico/core/provider';
import { credentialHeader } from './credential.js';
import { readOptions } from './read-options.js';
import { withHeaders } from './with-headers.js';

/** Headers with a credential of the host's own, as API management in front of Azure may need. */
const OWN_CREDENTIALS = ['authorization', 'api-key', 'ocp-apim-subscription-key'];

/**
 * The authentication to Azure: a new token for each request, one token, or a key. A token in the options takes
 * precedence over a key, which may be there for other deployments; both at once would be rejected. If a token
 * provider fails, the key is not used instead.
 */
export function azureSignIn(settings: ConnectionSettings, providerName: string): Pick<Connection, 'headers' | 'sign'> {
  const { adToken, tokenProvider } = readOptions(settings, ['adToken', 'tokenProvider'], providerName);
  const { headers, apiKey } = settings;
  if (tokenProvider !== undefined) {
    if (adToken !== undefined) throw new Error(`${providerName} takes either "adToken" or "tokenProvider", not both.`);
    if (typeof tokenProvider !== 'function')
      throw new Error(`The option "tokenProvider" of ${providerName} must be a function.`);
    return {
      headers,
      sign: async (request) => ({ ...request, headers: withHeaders(request.headers, await freshToken()) }),
    };
  }
  if (adToken !== undefined) {
    if (isToken(adToken)) return { headers: { ...credentialHeader(adToken, providerName), ...headers } };
    throw new Error(`The option "adToken" of ${providerName} must be a string.`);
  }
  if (apiKey !== undefined) return { headers: { ...credentialHeader(apiKey, providerName, 'api-key'), ...headers } };
  if (OWN_CREDENTIALS.some((name) => name in headers)) return { headers };
  throw new Error(`${providerName} has no credential. Give "apiKey", or the option "adToken" or "tokenProvider".`);

  async function freshToken(): Promise<Record<string, string>> {
    try {
      const token: unknown = await (tokenProvider as () => unknown)(); // it was checked to be a function above
      if (!isToken(token)) throw new Error('The token provider did not return a string.');
      return credentialHeader(token, providerName);
    } catch (cause) {
      throw new GatewayError('unauthorized_upstream', `The token provider of ${providerName} returned no token.`, {
        cause,
      });
    }
  }
}

function isToken(value: unknown): value is string | Secret {
  return (typeof value === 'string' && value !== '') || value instanceof Secret;
}
