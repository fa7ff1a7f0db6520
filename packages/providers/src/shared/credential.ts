import { reveal, type Secret } from '@portico/core';

/** The header that carries a credential: `authorization: Bearer …`, or the credential alone under another name. */
export function credentialHeader(credential: Secret | string, who: string, name?: string): Record<string, string> {
  const value = typeof credential === 'string' ? credential : reveal(credential);
  // Told here without the value: what the socket says about it later would show it.
  if (!/^[\x21-\x7E]+$/.test(value)) {
    throw new Error(
      `The credential of ${who} holds a space, a line break or another character that no header may hold.`,
    );
  }
  return name === undefined ? { authorization: `Bearer ${value}` } : { [name]: value };
}
