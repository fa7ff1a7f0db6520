import type { Clock } from '../../clock.js';
import { accountProblems, DEEPEST_ACCOUNT } from '../../stores/account-problems.js';
import type { Account, AccountChanges, AccountStore } from '../../stores/account-store.js';
import { pageLimit, pageOf } from '../../stores/page.js';
import { type Scope, scopeKey } from '../../stores/scope.js';
import { StoreConflict } from '../../stores/store-conflict.js';
import { storedCopy } from '../../stores/stored-copy.js';
import { createWatchers } from '../../stores/watchers.js';

/** Accounts in this process: for tests, and for gateways whose accounts come from a file. */
export function memoryAccounts(clock: Clock): AccountStore {
  const accounts = new Map<string, Account>();
  const watchers = createWatchers<Scope | 'all'>();

  function requireNoCycle(scope: Scope, parent: Scope | null | undefined): void {
    let above = parent ?? undefined;
    for (let depth = 0; above !== undefined; depth++) {
      if (scopeKey(above) === scopeKey(scope)) {
        throw new StoreConflict('invalid', 'parent: an account cannot be above itself.');
      }
      if (depth === DEEPEST_ACCOUNT) throw new StoreConflict('invalid', `parent: it is ${depth} levels deep.`);
      above = accounts.get(scopeKey(above))?.parent;
    }
  }

  return {
    find: (scopes) => scopes.map((scope) => accounts.get(scopeKey(scope))),

    upsert(scope, changes) {
      const problems = accountProblems(scope, changes);
      if (problems.length > 0) throw new StoreConflict('invalid', problems.join(' '));
      requireNoCycle(scope, changes.parent);
      const account = changed(accounts.get(scopeKey(scope)), scope, storedCopy(changes), clock.now());
      accounts.set(scopeKey(scope), account);
      watchers.tell(account.scope);
      return account;
    },

    list(query = {}) {
      const { kind, parent, after } = query;
      const limit = pageLimit(query);
      const found = [...accounts]
        .filter(([key]) => after === undefined || key > after)
        .filter(([, account]) => kind === undefined || account.scope.kind === kind)
        .filter(
          ([, account]) => parent === undefined || (account.parent && scopeKey(account.parent)) === scopeKey(parent),
        )
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, account]) => account);
      return pageOf(found, limit, (account) => scopeKey(account.scope));
    },

    remove(scope) {
      const wasThere = accounts.delete(scopeKey(scope));
      if (wasThere) watchers.tell({ ...scope });
      return wasThere;
    },

    watch: (onChange) => watchers.add(onChange),
  };
}

function changed(known: Account | undefined, scope: Scope, changes: AccountChanges, now: number): Account {
  const pick = <Field extends keyof AccountChanges>(field: Field, empty: Account[Field]): Account[Field] => {
    const value = changes[field] as Account[Field] | null | undefined;
    if (value === null) return empty;
    return value ?? known?.[field] ?? empty;
  };
  return Object.freeze({
    scope: Object.freeze({ kind: scope.kind, id: scope.id }),
    name: pick('name', undefined),
    parent: pick('parent', undefined),
    budgets: pick('budgets', []),
    limits: pick('limits', []),
    models: pick('models', undefined),
    operations: pick('operations', undefined),
    isBlocked: pick('isBlocked', false),
    metadata: pick('metadata', {}),
    createdAt: known?.createdAt ?? now,
    updatedAt: now,
  });
}
