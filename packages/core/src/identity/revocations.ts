import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';

/** Whose calls and tokens were revoked, and when. */
export interface Revocations {
  /** Counts revocations: two equal values mean that nobody was revoked in between. */
  readonly turn: number;
  revoke(principalId: string): void;
  /** Whether this principal was revoked after `turn` was read. */
  revokedSince(principalId: string, turn: number): boolean;
  /** Time of its last revocation that may still matter, milliseconds since the epoch; undefined if there is none. */
  revokedAt(principalId: string): number | undefined;
}

/** After `keepMs` no token issued before a revocation is valid any more, so the revocation can be forgotten. */
export function createRevocations(clock: Clock, keepMs: number): Revocations {
  // In order of time: a principal that is revoked again moves to the end.
  const last = new Map<string, { readonly turn: number; readonly at: number }>();
  let turn = 0;
  return {
    get turn() {
      return turn;
    },
    revoke(principalId) {
      const at = clock.now();
      turn += 1;
      last.delete(principalId);
      last.set(principalId, { turn, at });
      for (const [id, entry] of last) {
        if (at - entry.at <= keepMs) break;
        last.delete(id);
      }
    },
    revokedSince: (principalId, since) => (last.get(principalId)?.turn ?? 0) > since,
    revokedAt: (principalId) => last.get(principalId)?.at,
  };
}

/** The error of a call whose principal was revoked. */
export function revoked(): GatewayError {
  return new GatewayError('unauthenticated', 'The access of this caller was revoked during the call.', {
    code: 'revoked',
  });
}
