import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import { sha256Of } from '../identity/sha256.js';
import { keyRefused } from '../identity/virtual-keys.js';
import type { Logger } from '../logger.js';
import type { Principal } from '../principal.js';
import { createBoundedCache } from '../routing/bounded-cache.js';
import type { FoundKey, KeyRecord, KeyStore } from '../stores/key-store.js';
import { StoreGuard } from './store-guard.js';

/** The virtual keys of a store, cached by their hash. */
export interface StoredKeys {
  /**
   * The principal of a key, at once where it is cached. Throws, or rejects with, `unauthenticated` (code `invalid_api_key`,
   * `expired` or `revoked`), `forbidden` for a blocked one or for a path that it may not use, and `unavailable` where the store is
   * needed and cannot be asked.
   */
  find(presented: string, path: string): MaybePromise<Principal>;
  /** Hears of changes, until it is closed. */
  watch(): void;
  close(): void;
}

export interface StoredKeysDeps {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** How long what was read is used without a notice of a change, in milliseconds. */
  readonly cacheMs: number;
  /** Longest time a call waits for the store, in milliseconds. */
  readonly timeoutMs: number;
  /** A key was revoked, blocked or changed: its running calls are looked at again. */
  onChange(keyId: string): void;
}

const MOST_CACHED = 100_000;
const MOST_UNKNOWN = 10_000;

interface Cached {
  readonly found: FoundKey;
  readonly principal: Principal;
  readonly foundAt: number;
}

export function createStoredKeys(deps: StoredKeysDeps): StoredKeys {
  const { store, clock, cacheMs } = deps;
  const cache = createBoundedCache<Cached>(MOST_CACHED);
  /** When hashes were asked for that no key has. Apart, so that whoever tries keys out drives no other from the cache. */
  const unknown = createBoundedCache<number>(MOST_UNKNOWN);
  /** The hashes under which each key is cached. */
  const hashesOf = new Map<string, Set<string>>();
  const guard = new StoreGuard('key store', deps);
  let changes = 0;
  let stopWatching: (() => void) | undefined;
  let isClosed = false;

  return {
    find(presented, path) {
      const hash = sha256Of(presented);
      return isPromise(hash) ? hash.then((later) => findByHash(later, path)) : findByHash(hash, path);
    },

    watch() {
      Promise.resolve(
        store.watch((change) => {
          changes += 1;
          // It may be one that was asked for before it was made.
          unknown.clear();
          if (change === 'all') {
            cache.clear();
            hashesOf.clear();
            return;
          }
          for (const hash of hashesOf.get(change.id) ?? []) cache.delete(hash);
          hashesOf.delete(change.id);
          deps.onChange(change.id);
        }),
      ).then(
        (stop) => {
          if (isClosed) stop();
          else stopWatching = stop;
        },
        (error: unknown) => deps.logger?.error({ err: error }, 'changes of keys cannot be watched'),
      );
    },

    close() {
      isClosed = true;
      stopWatching?.();
    },
  };

  function findByHash(hash: string, path: string): MaybePromise<Principal> {
    const cached = cache.get(hash);
    if (cached !== undefined && isFresh(cached.foundAt)) return principalOf(cached, path);
    if (cached === undefined && isFresh(unknown.get(hash))) throw keyRefused('invalid_api_key');
    return ask(hash, cached).then((found) => principalOf(found, path));
  }

  async function ask(hash: string, before: Cached | undefined): Promise<Cached> {
    const turn = changes;
    try {
      const found = await guard.ask(() => store.find(hash));
      // A change was announced meanwhile: what was read may be older than it, and holds for this call only.
      const foundAt = turn === changes ? clock.now() : Number.NEGATIVE_INFINITY;
      if (found !== undefined) return remember(hash, { found, principal: asPrincipal(found.key), foundAt });
      cache.delete(hash);
      unknown.set(hash, foundAt);
      throw keyRefused('invalid_api_key');
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      // What was known is better than nobody being served.
      if (before !== undefined) {
        return remember(hash, { ...before, foundAt: clock.now() - cacheMs + AGAIN_MS });
      }
      throw new GatewayError('unavailable', 'This key cannot be checked at the moment. Try again later.', { cause });
    }
  }

  function remember(hash: string, entry: Cached): Cached {
    const { id } = entry.found.key;
    const hashes = hashesOf.get(id);
    if (hashes !== undefined) hashes.add(hash);
    else {
      // A cached key whose change is not heard of would be worse than asking for all of them again.
      if (hashesOf.size >= MOST_CACHED) {
        hashesOf.clear();
        cache.clear();
      }
      hashesOf.set(id, new Set([hash]));
    }
    cache.set(hash, entry);
    return entry;
  }

  function isFresh(foundAt: number | undefined): boolean {
    if (foundAt === undefined) return false;
    const age = clock.now() - foundAt;
    return age >= 0 && age < cacheMs;
  }

  function principalOf({ found, principal }: Cached, path: string): Principal {
    const { key, endsAt } = found;
    const now = clock.now();
    if (key.revokedAt !== undefined) throw keyRefused('revoked');
    if (key.expiresAt !== undefined && now >= key.expiresAt) throw keyRefused('expired');
    if (endsAt !== undefined && now >= endsAt) throw keyRefused('revoked');
    if (key.isBlocked) {
      throw new GatewayError('forbidden', 'This key is blocked. Ask the operator of this service.', {
        code: 'key_blocked',
      });
    }
    if (!mayUsePath(key, path)) throw new GatewayError('forbidden', 'This key may not use this path.');
    return principal;
  }
}

/** After trouble with the store, what was known is believed for this long before it is asked again. */
const AGAIN_MS = 1_000;

function asPrincipal(key: KeyRecord): Principal {
  const { id, user, team, organization, customer, tags, models, operations, metadata } = key;
  const told = Object.entries(metadata).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.freeze({
    id: user ?? id,
    keyId: id,
    team,
    ...(organization !== undefined && { organization }),
    ...(customer !== undefined && { customer }),
    tags: tags.length === 0 ? undefined : tags,
    models,
    operations,
    limits: undefined,
    budget: undefined,
    metadata: told.length === 0 ? undefined : (Object.fromEntries(told) as NonNullable<Principal['metadata']>),
  });
}

/** Paths below the mount, with or without `/v1`; a star at the end stands for what lies below. */
function mayUsePath({ endpoints }: KeyRecord, path: string): boolean {
  if (endpoints === undefined) return true;
  const asked = unversioned(path);
  return endpoints.some((endpoint) => {
    const allowed = unversioned(endpoint);
    return allowed.endsWith('*') ? asked.startsWith(allowed.slice(0, -1)) : asked === allowed;
  });
}

function unversioned(path: string): string {
  return path.replace(/^(?:\/v1){1,2}(?=\/)/, '').replace(/(?<=.)\/$/, '');
}
