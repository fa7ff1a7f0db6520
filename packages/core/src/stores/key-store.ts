import type { JsonObject, MaybePromise } from '../encoding/json.js';

/**
 * Keeps virtual keys. No secret is kept: of a key there is its SHA-256 and a hint of its end, and the key itself is told
 * once, by `mint` and `rotate`. Changes reach every instance through `watch`.
 *
 * Methods that name a key by its id reject with a {@link StoreConflict} `not_found` where there is none of that id.
 * A store that cannot be reached rejects with an error of its own, which is never the answer that a key is unknown.
 */
export interface KeyStore {
  /**
   * The key of a hash, also if it is revoked, blocked or expired: the caller decides what that means. `hash` is that of
   * {@link hashOfKey}. The secret before the last rotation finds its key too while the grace period lasts.
   */
  find(hash: string): MaybePromise<FoundKey | undefined>;
  get(id: string): MaybePromise<KeyRecord | undefined>;
  /** Makes a key and its secret. Rejects with a {@link StoreConflict} `duplicate` where the alias or the hash is taken. */
  mint(key: NewKey): MaybePromise<MintedKey>;
  /** Newest first. */
  list(query?: KeyQuery): MaybePromise<Page<KeyRecord>>;
  /** Replaces what is named and leaves the rest; null takes a value away. */
  update(id: string, changes: KeyChanges): MaybePromise<KeyRecord>;
  /**
   * Gives the key a new secret. The old one works for another `graceMs` (default 0, then it ends at once); of older ones
   * none works any more.
   */
  rotate(id: string, options?: RotateOptions): MaybePromise<MintedKey>;
  /** Ends the key for good. Revoking it again changes nothing. */
  revoke(id: string): MaybePromise<KeyRecord>;
  /** Suspends the key, or lets it work again. */
  block(id: string, isBlocked: boolean): MaybePromise<KeyRecord>;
  /**
   * Calls back for every change by whichever instance, within a second where the store can tell. Answers how to stop.
   * `'all'`: changes may have been missed, so nothing that is cached can be believed.
   */
  watch(onChange: (change: KeyChange | 'all') => void): MaybePromise<() => void>;
}

/** What is known of a key. Times are milliseconds since the epoch. */
export interface KeyRecord {
  /** `key_…`: what everybody may see and name it by. Its limits are those of the account `{ kind: 'key', id }`. */
  readonly id: string;
  /** How the secret begins and ends: `sk-…x3Zk`. */
  readonly hint: string;
  /** A name people gave it; unique where there is one. */
  readonly alias: string | undefined;
  /** Whom it stands for. Without a user it stands for itself. */
  readonly user: string | undefined;
  readonly team: string | undefined;
  readonly organization: string | undefined;
  readonly customer: string | undefined;
  readonly tags: readonly string[];
  /** Model groups it may use; undefined means all that its accounts may. */
  readonly models: readonly string[] | undefined;
  /** Operations it may use; undefined means all that its accounts may. */
  readonly operations: readonly string[] | undefined;
  /** Paths below the mount it may use, with a star at the end for what lies below; undefined means all. */
  readonly endpoints: readonly string[] | undefined;
  readonly metadata: Readonly<JsonObject>;
  readonly createdAt: number;
  /** Refused from then on; undefined for one that does not expire. */
  readonly expiresAt: number | undefined;
  readonly isBlocked: boolean;
  readonly revokedAt: number | undefined;
  readonly rotatedAt: number | undefined;
}

export interface FoundKey {
  readonly key: KeyRecord;
  /** When the secret that was shown stops working because it was replaced; undefined for the present one. */
  readonly endsAt: number | undefined;
}

export type NewKey = Partial<Pick<KeyRecord, EditableField>> & {
  /** Default: 32 random bytes. For moving a key here that clients have already; at least 20 printable ASCII characters. */
  readonly secret?: string | undefined;
  /** Instead of a secret that only its clients know: its SHA-256 in hex, as other gateways keep it. */
  readonly hash?: string | undefined;
  /** How the secret begins. Default `sk-`. */
  readonly prefix?: string | undefined;
};

type EditableField =
  | 'alias'
  | 'user'
  | 'team'
  | 'organization'
  | 'customer'
  | 'tags'
  | 'models'
  | 'operations'
  | 'endpoints'
  | 'metadata'
  | 'expiresAt';

/** What `update` replaces. */
export type KeyChanges = { readonly [Field in EditableField]?: KeyRecord[Field] | null };

export interface MintedKey {
  readonly key: KeyRecord;
  /** The secret, told this once; undefined where only its hash was given. */
  readonly secret: string | undefined;
}

export interface RotateOptions {
  /** Milliseconds that the old secret goes on working. */
  readonly graceMs?: number | undefined;
  readonly prefix?: string | undefined;
}

export interface KeyQuery extends PageQuery {
  readonly user?: string | undefined;
  readonly team?: string | undefined;
  readonly organization?: string | undefined;
  readonly customer?: string | undefined;
  readonly alias?: string | undefined;
}

export interface KeyChange {
  readonly id: string;
}

/** Which part of a long list is wanted. */
export interface PageQuery {
  /** Default 100, at most 1,000. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** A part of a long list. What is added while it is read neither repeats nor hides anything that was there before. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** To be given as `after`; undefined on the last page. */
  readonly next: string | undefined;
}
