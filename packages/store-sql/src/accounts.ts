import {
  type Account,
  type AccountChanges,
  type AccountStore,
  accountProblems,
  DEEPEST_ACCOUNT,
  pageLimit,
  pageOf,
  type Scope,
  type ScopeKind,
  StoreConflict,
  scopeKey,
} from '@portico/core/store';
import type { ChangeFeed } from './changes.js';
import { type Database, rowsOf, type Work } from './database.js';
import { fromJson, toFlag, toJson, toNumber, toOptional } from './read-row.js';
import type { AccountTable } from './tables.js';

/** Accounts in the database. */
export function sqlAccounts(database: Database, changes: ChangeFeed): AccountStore {
  const { build, clock } = database;

  function* oneOf({ kind, id }: Scope): Work<Account | undefined> {
    const [row] = yield* rowsOf<AccountTable>(
      build.selectFrom('portico_accounts').selectAll().where('kind', '=', kind).where('id', '=', id),
    );
    return row === undefined ? undefined : toAccount(row);
  }

  function* requireNoCycle(scope: Scope, parent: Scope): Work<void> {
    let above: Scope | undefined = parent;
    for (let depth = 0; above !== undefined; depth++) {
      if (scopeKey(above) === scopeKey(scope)) {
        throw new StoreConflict('invalid', 'parent: an account cannot be above itself.');
      }
      if (depth === DEEPEST_ACCOUNT) throw new StoreConflict('invalid', `parent: it is ${depth} levels deep.`);
      above = (yield* oneOf(above))?.parent;
    }
  }

  function* upsert(scope: Scope, given: AccountChanges): Work<Account> {
    // Two that make each other their parent at once would both see no cycle.
    if (database.dialect === 'postgres' && given.parent) {
      yield { sql: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`, parameters: [] };
    }
    if (given.parent) yield* requireNoCycle(scope, given.parent);
    const now = clock.now();
    const columns = toColumns(given);
    const values = { ...EMPTY, ...columns, kind: scope.kind, id: scope.id, created_at: now, updated_at: now };
    const [row] = yield* rowsOf<AccountTable>(
      build
        .insertInto('portico_accounts')
        .values(values)
        .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet({ ...columns, updated_at: now }))
        .returningAll(),
    );
    return toAccount(row as AccountTable);
  }

  return {
    async find(scopes) {
      if (scopes.length === 0) return [];
      const pairs = build
        .selectFrom('portico_accounts')
        .selectAll()
        .where((is) => is.or(scopes.map(({ kind, id }) => is.and([is('kind', '=', kind), is('id', '=', id)]))));
      const rows = await database.read(() => rowsOf<AccountTable>(pairs));
      const found = new Map(rows.map(toAccount).map((account) => [scopeKey(account.scope), account]));
      return scopes.map((scope) => found.get(scopeKey(scope)));
    },

    async upsert(scope, given) {
      const problems = accountProblems(scope, given);
      if (problems.length > 0) throw new StoreConflict('invalid', problems.join(' '));
      const account = await database.write(() => upsert(scope, given));
      changes.told();
      return account;
    },

    async list(query = {}) {
      const limit = pageLimit(query);
      let select = build.selectFrom('portico_accounts').selectAll();
      if (query.kind !== undefined) select = select.where('kind', '=', query.kind);
      const { parent, after } = query;
      if (parent !== undefined) {
        select = select.where('parent_kind', '=', parent.kind).where('parent_id', '=', parent.id);
      }
      if (after !== undefined) {
        const colon = after.indexOf(':');
        if (colon < 1) throw new StoreConflict('invalid', 'after: use `next` of the page before.');
        const [kind, id] = [after.slice(0, colon), after.slice(colon + 1)];
        select = select.where((is) =>
          is.or([is('kind', '>', kind), is.and([is('kind', '=', kind), is('id', '>', id)])]),
        );
      }
      const ordered = select
        .orderBy('kind')
        .orderBy('id')
        .limit(limit + 1);
      const rows = await database.read(() => rowsOf<AccountTable>(ordered));
      return pageOf(rows.map(toAccount), limit, (account) => scopeKey(account.scope));
    },

    async remove({ kind, id }) {
      const query = build.deleteFrom('portico_accounts').where('kind', '=', kind).where('id', '=', id).returning('id');
      const rows = await database.write(() => rowsOf<{ id: string }>(query));
      changes.told();
      return rows.length > 0;
    },

    watch: (onChange: (change: Scope | 'all') => void) =>
      changes.watch((change) => {
        if (change === 'all') onChange('all');
        else if (change.startsWith('account:')) onChange(toScope(change.slice('account:'.length)));
      }),
  };
}

const ADVISORY_LOCK = 7_311_845_202;

const EMPTY = {
  name: null,
  parent_kind: null,
  parent_id: null,
  budgets: '[]',
  limits: '[]',
  models: null,
  operations: null,
  is_blocked: false,
  metadata: '{}',
};

/** Of what is given only what is named; null takes a value away. */
function toColumns(given: AccountChanges): Partial<AccountTable> {
  const { name, parent, budgets, limits, models, operations, isBlocked, metadata } = given;
  const columns = {
    name,
    parent_kind: parent === undefined ? undefined : (parent?.kind ?? null),
    parent_id: parent === undefined ? undefined : (parent?.id ?? null),
    budgets: budgets === undefined ? undefined : JSON.stringify(budgets ?? []),
    limits: limits === undefined ? undefined : JSON.stringify(limits ?? []),
    models: models === undefined ? undefined : toJson(models),
    operations: operations === undefined ? undefined : toJson(operations),
    is_blocked: isBlocked === undefined ? undefined : (isBlocked ?? false),
    metadata: metadata === undefined ? undefined : JSON.stringify(metadata ?? {}),
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function toAccount(row: AccountTable): Account {
  const isBelow = row.parent_kind !== null && row.parent_id !== null;
  return {
    scope: { kind: row.kind as ScopeKind, id: row.id },
    name: toOptional(row.name),
    parent: isBelow ? { kind: row.parent_kind as ScopeKind, id: row.parent_id as string } : undefined,
    budgets: fromJson(row.budgets) ?? [],
    limits: fromJson(row.limits) ?? [],
    models: fromJson(row.models),
    operations: fromJson(row.operations),
    isBlocked: toFlag(row.is_blocked),
    metadata: fromJson(row.metadata) ?? {},
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
  };
}

function toScope(text: string): Scope {
  const colon = text.indexOf(':');
  return { kind: text.slice(0, colon) as ScopeKind, id: text.slice(colon + 1) };
}
