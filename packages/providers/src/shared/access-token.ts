import type { Expiring, Source } from './kept-credential.js';

/** A token of OAuth, and until when it is good. */
export interface AccessToken extends Expiring {
  readonly value: string;
  /** The project that pays, where the credential names one. */
  readonly quotaProject?: string;
}

/** Gets a new token. */
export type TokenSource = Source<AccessToken>;
