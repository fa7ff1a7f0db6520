/** A short-lived credential for a client that must not hold a lasting one: a browser, a phone, a sandbox. */
export interface IssuedToken {
  /** `pt_…`; goes where an API key goes. Signed, not encrypted: whoever holds it can read the principal. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
