import type { Clock } from '../clock.js';
import { isPromise, type MaybePromise } from '../encoding/json.js';
import { GatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import { createBoundedCache } from '../routing/bounded-cache.js';
import { DEEPEST_ACCOUNT } from '../stores/account-problems.js';
import type { Account, AccountStore } from '../stores/account-store.js';
import { type Scope, scopeKey } from '../stores/scope.js';
import { StoreGuard } from './store-guard.js';

/** Finds accounts: those of a host's own function, or of a store. */
export type FindAccounts = (scopes: readonly Scope[]) => MaybePromise<readonly (Account | undefined)[]>;

/** The accounts of scopes and of all that is above them, cached. */
export interface AccountDirectory {
  /**
   * Those that there are, each once, the scopes' own first. At once where all are cached. Throws, or rejects with, `unavailable`
   * where the store is needed and cannot be asked.
   */
  find(scopes: readonly Scope[]): MaybePromise<readonly Account[]>;
  /** Hears of changes, until it is closed. */
  watch(): void;
  close(): void;
}

export interface AccountDirectoryDeps {
  readonly find: FindAccounts;
  /** Undefined where nobody tells changes: then they are seen once the cache has forgotten the old state. */
  readonly watch: AccountStore['watch'] | undefined;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** How long what was read is used without a notice of a change, in milliseconds. */
  readonly cacheMs: number;
  /** Longest time a call waits for the store, in milliseconds. */
  readonly timeoutMs: number;
  /** An account was changed: its running calls are looked at again. */
  onChange(scope: Scope): void;
}

const MOST_CACHED = 50_000;

/** After trouble with the store, what was known is believed for this long before it is asked again. */
const AGAIN_MS = 1_000;

interface Cached {
  readonly account: Account | undefined;
  readonly foundAt: number;
}

export function createAccountDirectory(deps: AccountDirectoryDeps): AccountDirectory {
  const { clock, cacheMs } = deps;
  const cache = createBoundedCache<Cached>(MOST_CACHED);
  const guard = new StoreGuard('account store', deps);
  /** Grows with every announced change, so that an answer that was asked for before it is not cached. */
  let changes = 0;
  let stopWatching: (() => void) | undefined;
  let isClosed = false;

  return {
    find(scopes) {
      return climb(scopes, new Map(), 0);
    },

    watch() {
      if (deps.watch === undefined) return;
      Promise.resolve(
        deps.watch((change) => {
          changes += 1;
          if (change === 'all') return cache.clear();
          cache.delete(scopeKey(change));
          deps.onChange(change);
        }),
      ).then(
        (stop) => {
          if (isClosed) stop();
          else stopWatching = stop;
        },
        (error: unknown) => deps.logger?.error({ err: error }, 'changes of accounts cannot be watched'),
      );
    },

    close() {
      isClosed = true;
      stopWatching?.();
    },
  };

  /** The accounts of these scopes and of their parents. `known` is what this call has read already: nothing is read twice. */
  function climb(
    scopes: readonly Scope[],
    known: Map<string, Account | undefined>,
    depth: number,
  ): MaybePromise<readonly Account[]> {
    let next = scopes;
    for (let height = depth; next.length > 0 && height < DEEPEST_ACCOUNT; height += 1) {
      const unknown = next.filter((scope) => !isKnown(scopeKey(scope), known));
      if (unknown.length > 0) {
        const [resume, at] = [next, height];
        return ask(unknown, known).then(() => climb(resume, known, at));
      }
      next = parentsOf(next, known);
    }
    return [...known.values()].filter((account) => account !== undefined);
  }

  /** Takes what is cached over into what the call knows. */
  function isKnown(key: string, known: Map<string, Account | undefined>): boolean {
    if (known.has(key)) return true;
    const cached = cache.get(key);
    if (cached === undefined || !isFresh(cached)) return false;
    known.set(key, cached.account);
    return true;
  }

  function parentsOf(scopes: readonly Scope[], known: ReadonlyMap<string, Account | undefined>): Scope[] {
    const parents = scopes.map((scope) => known.get(scopeKey(scope))?.parent);
    return parents.filter((parent) => parent !== undefined).filter((parent) => !known.has(scopeKey(parent)));
  }

  async function ask(scopes: readonly Scope[], known: Map<string, Account | undefined>): Promise<void> {
    const turn = changes;
    const keys = scopes.map(scopeKey);
    const remember = (key: string, account: Account | undefined, foundAt: number) => {
      known.set(key, account);
      cache.set(key, { account, foundAt });
    };
    try {
      const accounts = await guard.ask(() => deps.find(scopes));
      // A change was announced meanwhile: what was read may be older than it, and is read again soon.
      const foundAt = turn === changes ? clock.now() : soonOver();
      for (const [index, key] of keys.entries()) remember(key, accounts[index] ?? undefined, foundAt);
    } catch (cause) {
      const before = keys.map((key) => cache.get(key));
      if (before.includes(undefined)) {
        throw new GatewayError(
          'unavailable',
          'The limits of this call cannot be checked at the moment. Try again later.',
          { cause },
        );
      }
      // What was known is better than nobody being served.
      for (const [index, key] of keys.entries()) remember(key, before[index]?.account, soonOver());
    }
  }

  /** When something was found that is believed for another moment only. */
  function soonOver(): number {
    return clock.now() - Math.max(0, cacheMs - AGAIN_MS);
  }

  function isFresh(cached: Cached): boolean {
    const age = clock.now() - cached.foundAt;
    return age >= 0 && age < cacheMs;
  }
}

/** A host's own function as a store is asked. */
export function accountsByFunction(find: (scope: Scope) => MaybePromise<Account | undefined>): FindAccounts {
  return (scopes) => {
    const found = scopes.map((scope) => find(scope));
    return found.some(isPromise)
      ? Promise.all(found.map((each) => Promise.resolve(each)))
      : (found as (Account | undefined)[]);
  };
}
