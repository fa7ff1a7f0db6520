import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RevocationStore } from '../store.js';

/** Whose calls and tokens were revoked, and when. */
export interface Revocations {
  /** Counts revocations: two equal values mean that nobody was revoked in between. */
  readonly turn: number;
  /** Revokes here, and at the other instances. */
  revoke(principalId: string): void;
  /** Whether this principal was revoked after `turn` was read. */
  revokedSince(principalId: string, turn: number): boolean;
  /** Time of its last revocation that may still matter, milliseconds since the epoch; undefined if there is none. */
  revokedAt(principalId: string): number | undefined;
  /** Hears of revocations of other instances, and of those before a restart, until `close`. */
  watch(): void;
  /** Settles once what stood at the start is known, or after a while without; undefined if there is nothing to wait for. */
  known(): Promise<void> | undefined;
  close(): void;
}

export interface RevocationsDeps {
  readonly clock: Clock;
  /** After this time no token issued before a revocation is valid any more, so the revocation can be forgotten. */
  readonly keepMs: number;
  readonly store: RevocationStore | undefined;
  readonly logger: Logger | undefined;
  /** A principal was revoked elsewhere: its calls that began before `at` must end. */
  onRevoked(principalId: string, at: number): void;
}

/** A revocation that is told again comes with an age that is a little different. */
const SAME_MS = 100;

/** Longest wait of the first calls for what was revoked before. Without the store they go on: what it knows comes later. */
const FIRST_MS = 2_000;

/** A revocation that the store did not take is offered again after this time, then after twice as much, and so on. */
const RETRY_MS = 500;
const MOST_TRIES = 8;

export function createRevocations({ clock, keepMs, store, logger, onRevoked }: RevocationsDeps): Revocations {
  // In order of time: a principal that is revoked again moves to the end.
  const last = new Map<string, { readonly turn: number; readonly at: number }>();
  let turn = 0;
  let first: Promise<void> | undefined;
  let stopWatching: (() => void) | undefined;
  let isClosed = false;

  function note(principalId: string, at: number): void {
    turn += 1;
    last.delete(principalId);
    last.set(principalId, { turn, at });
    const now = clock.now();
    for (const [id, entry] of last) {
      if (now - entry.at <= keepMs) break;
      last.delete(id);
    }
  }

  function hear(principalId: string, ageMs: number): void {
    const at = clock.now() - Math.max(0, ageMs);
    const known = last.get(principalId);
    if (known !== undefined && at <= known.at + SAME_MS) return;
    note(principalId, at);
    onRevoked(principalId, at);
  }

  async function share(to: RevocationStore, principalId: string, tries = 1): Promise<void> {
    try {
      await to.revoke(principalId, keepMs);
    } catch (err) {
      if (tries === 1) logger?.error({ err }, 'A revocation could not be shared with other instances yet.');
      if (isClosed || tries === MOST_TRIES) return;
      clock.after(RETRY_MS * 2 ** (tries - 1), () => void share(to, principalId, tries + 1));
    }
  }

  async function listen(to: RevocationStore): Promise<void> {
    const stop = await to.watch(hear);
    if (isClosed) stop();
    else stopWatching = stop;
  }

  return {
    get turn() {
      return turn;
    },
    revoke(principalId) {
      note(principalId, clock.now());
      if (store !== undefined) void share(store, principalId);
    },
    revokedSince: (principalId, since) => (last.get(principalId)?.turn ?? 0) > since,
    revokedAt: (principalId) => last.get(principalId)?.at,
    watch() {
      if (store === undefined || isClosed) return;
      first = new Promise((resolve) => {
        const stop = clock.after(FIRST_MS, resolve);
        listen(store)
          .catch((err: unknown) => logger?.error({ err }, 'Revocations of other instances are not known.'))
          .finally(() => {
            stop();
            first = undefined;
            resolve();
          });
      });
    },
    known: () => first,
    close() {
      isClosed = true;
      stopWatching?.();
    },
  };
}

/** The error of a call whose principal was revoked. */
export function revoked(): GatewayError {
  return new GatewayError('unauthenticated', 'The access of this caller was revoked during the call.', {
    code: 'revoked',
  });
}
