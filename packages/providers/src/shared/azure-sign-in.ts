import { type Connection, type ConnectionSettings, GatewayError, Secret } from '@portico/core';
import { credentialHeader } from './credential.js';
import { readOptions } from './read-options.js';
import { withHeaders } from './with-headers.js';

/** Headers that carry a credential of the host's own making, as API management in front of Azure may want. */
const OWN_CREDENTIALS = ['authorization', 'api-key', 'ocp-apim-subscription-key'];

/**
 * How Azure is told who asks: a fresh token for each request, one token, or a key. A token that the options name wins over
 * a key, which may be there for other deployments; both at once would be refused. A provider that fails is never
 * answered with the key instead.
 */
export function azureSignIn(settings: ConnectionSettings, who: string): Pick<Connection, 'headers' | 'sign'> {
  const { adToken, tokenProvider } = readOptions(settings, ['adToken', 'tokenProvider'], who);
  const { headers, apiKey } = settings;
  if (tokenProvider !== undefined) {
    if (adToken !== undefined) throw new Error(`${who} takes either "adToken" or "tokenProvider", not both.`);
    if (typeof tokenProvider !== 'function')
      throw new Error(`The option "tokenProvider" of ${who} must be a function.`);
    return {
      headers,
      sign: async (request) => ({ ...request, headers: withHeaders(request.headers, await freshToken()) }),
    };
  }
  if (adToken !== undefined) {
    if (isToken(adToken)) return { headers: { ...credentialHeader(adToken, who), ...headers } };
    throw new Error(`The option "adToken" of ${who} must be a string.`);
  }
  if (apiKey !== undefined) return { headers: { ...credentialHeader(apiKey, who, 'api-key'), ...headers } };
  if (OWN_CREDENTIALS.some((name) => name in headers)) return { headers };
  throw new Error(`${who} has no credential. Give "apiKey", or the option "adToken" or "tokenProvider".`);

  async function freshToken(): Promise<Record<string, string>> {
    try {
      const token: unknown = await (tokenProvider as () => unknown)(); // it was found to be a function above
      if (!isToken(token)) throw new Error('The token provider did not give a string.');
      return credentialHeader(token, who);
    } catch (cause) {
      throw new GatewayError('unauthorized_upstream', `The token provider of ${who} gave no token.`, { cause });
    }
  }
}

function isToken(value: unknown): value is string | Secret {
  return (typeof value === 'string' && value !== '') || value instanceof Secret;
}
