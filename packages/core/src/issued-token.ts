/** A short-lived credential for a client that must not have a permanent one: a browser, a phone, a sandbox. */
export interface IssuedToken {
  /** `pt_…`; used like an API key. Signed, not encrypted: everybody who has it can read the principal. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
