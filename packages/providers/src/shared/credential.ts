import { reveal, type Secret } from '@portico/core';

/** The header with a credential: `authorization: Bearer …`, or the credential alone under another name. */
export function credentialHeader(
  credential: Secret | string,
  providerName: string,
  name?: string,
): Record<string, string> {
  const value = typeof credential === 'string' ? credential : reveal(credential);
  // Reported here without the value: a later error of the socket would show it.
  if (!/^[\x21-\x7E]+$/.test(value)) {
    throw new Error(
      `The credential of ${providerName} contains a space, a line break or another character that is not allowed in a header.`,
    );
  }
  return name === undefined ? { authorization: `Bearer ${value}` } : { [name]: value };
}
