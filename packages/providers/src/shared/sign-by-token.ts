import type { Connection } from '@portico/core/provider';
import type { AccessToken, TokenSource } from './access-token.js';
import { cachedCredential } from './cached-credential.js';
import { credentialHeader } from './credential.js';
import { withHeaders } from './with-headers.js';

/** Signs each request with the token of a source, which is cached until shortly before it expires. */
export function signByToken(
  source: TokenSource,
  providerName: string,
  more: (token: AccessToken) => Readonly<Record<string, string>> = () => ({}),
): NonNullable<Connection['sign']> {
  const give = cachedCredential(source, providerName, 'token');
  return (request, means) => {
    const token = give(means, request);
    const signed = (known: AccessToken) => ({
      ...request,
      headers: withHeaders(request.headers, { ...credentialHeader(known.value, providerName), ...more(known) }),
    });
    return token instanceof Promise ? token.then(signed) : signed(token);
  };
}
