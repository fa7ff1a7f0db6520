import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';

/** Whose calls and tokens were ended, and when. */
export interface Revocations {
  /** Counts revocations: two equal readings mean that nobody was revoked in between. */
  readonly turn: number;
  revoke(principalId: string): void;
  /** Whether this principal was revoked after `turn` was read. */
  revokedSince(principalId: string, turn: number): boolean;
  /** Milliseconds since the epoch of its last revocation that may still matter; undefined where there is none. */
  revokedAt(principalId: string): number | undefined;
}

/** Beyond `keepMs` nothing that was given out before a revocation is good any more, so that it need not be remembered. */
export function openRevocations(clock: Clock, keepMs: number): Revocations {
  // In order of their time: a principal that is revoked again moves to the end.
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

/** How a call ends whose principal was revoked. */
export function revoked(): GatewayError {
  return new GatewayError('unauthenticated', 'The access of this caller was revoked while the call was under way.', {
    code: 'revoked',
  });
}
