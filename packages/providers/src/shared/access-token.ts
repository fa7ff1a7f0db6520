import type { Expiring, Source } from './cached-credential.js';

/** An OAuth token and its expiry. */
export interface AccessToken extends Expiring {
  readonly value: string;
  /** The project that pays, if the credential names one. */
  readonly quotaProject?: string;
}

/** Gets a new token. */
export type TokenSource = Source<AccessToken>;
