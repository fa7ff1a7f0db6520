import type { Connection } from '@portico/core';
import type { AccessToken, TokenSource } from './access-token.js';
import { credentialHeader } from './credential.js';
import { kept } from './kept-credential.js';
import { withHeaders } from './with-headers.js';

/** Signs each request with the token of a source, which is kept until shortly before it ends. */
export function signByToken(
  source: TokenSource,
  who: string,
  more: (token: AccessToken) => Readonly<Record<string, string>> = () => ({}),
): NonNullable<Connection['sign']> {
  const give = kept(source, who, 'token');
  return (request, means) => {
    const token = give(means, request);
    const signed = (known: AccessToken) => ({
      ...request,
      headers: withHeaders(request.headers, { ...credentialHeader(known.value, who), ...more(known) }),
    });
    return token instanceof Promise ? token.then(signed) : signed(token);
  };
}
