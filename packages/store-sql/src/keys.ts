import {
  type KeyChange,
  type KeyChanges,
  type KeyRecord,
  type KeyStore,
  newKeyId,
  pageLimit,
  pageOf,
  prepareSecret,
  readTimeCursor,
  StoreConflict,
  timeCursor,
} from '@portico/core/store';
import { sql, type UpdateObject } from 'kysely';
import type { ChangeFeed } from './changes.js';
import { type Database, rowsOf, type Work } from './database.js';
import { duplicateIn } from './database-errors.js';
import { fromJson, toFlag, toJson, toNumber, toOptional, toOptionalNumber } from './read-row.js';
import type { KeyTable, Tables } from './tables.js';

/** Virtual keys in the database. */
export function sqlKeys(database: Database, changes: ChangeFeed): KeyStore {
  const { build, clock } = database;

  function* update(id: string, values: KeyUpdate): Work<KeyRecord> {
    const query = build.updateTable('portico_keys').set(values).where('id', '=', id).returningAll();
    const [row] = yield* rowsOf<KeyTable>(query);
    if (row === undefined) throw new StoreConflict('not_found', `There is no key "${id}".`);
    return toRecord(row);
  }

  async function changed(work: () => Work<KeyRecord>): Promise<KeyRecord> {
    const key = await database.write(work).catch(throwConflict);
    changes.told();
    return key;
  }

  function* oneOf(id: string): Work<KeyTable | undefined> {
    const [row] = yield* rowsOf<KeyTable>(build.selectFrom('portico_keys').selectAll().where('id', '=', id));
    return row;
  }

  return {
    async find(hash) {
      const [row] = await database.read(() =>
        rowsOf<KeyTable>(
          build
            .selectFrom('portico_keys')
            .selectAll()
            .where((is) => is.or([is('hash', '=', hash), is('old_hash', '=', hash)])),
        ),
      );
      if (row === undefined) return undefined;
      if (row.hash === hash) return { key: toRecord(row), endsAt: undefined };
      const endsAt = toNumber(row.old_ends_at);
      return clock.now() < endsAt ? { key: toRecord(row), endsAt } : undefined;
    },

    async get(id) {
      const row = await database.read(() => oneOf(id));
      return row === undefined ? undefined : toRecord(row);
    },

    async mint(given) {
      const { secret, hash, hint } = await prepareSecret(given);
      const fields = { ...EMPTY, ...toColumns(given) };
      const values = { ...fields, id: newKeyId(), hash, hint, created_at: clock.now(), is_blocked: false };
      const key = await changed(function* () {
        const [row] = yield* rowsOf<KeyTable>(build.insertInto('portico_keys').values(values).returningAll());
        return toRecord(row as KeyTable);
      });
      return { key, secret };
    },

    async list(query = {}) {
      const limit = pageLimit(query);
      const after = readTimeCursor(query.after);
      let select = build.selectFrom('portico_keys').selectAll();
      if (query.user !== undefined) select = select.where('user_id', '=', query.user);
      for (const field of ['team', 'organization', 'customer', 'alias'] as const) {
        const value = query[field];
        if (value !== undefined) select = select.where(field, '=', value);
      }
      if (after !== undefined) {
        select = select.where((is) =>
          is.or([is('created_at', '<', after.at), is.and([is('created_at', '=', after.at), is('id', '<', after.id)])]),
        );
      }
      const ordered = select
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      const rows = await database.read(() => rowsOf<KeyTable>(ordered));
      return pageOf(rows.map(toRecord), limit, (key) => timeCursor(key.createdAt, key.id));
    },

    update(id, given) {
      const values = toColumns(given);
      if (Object.keys(values).length > 0) return changed(() => update(id, values));
      return changed(function* () {
        const row = yield* oneOf(id);
        if (row === undefined) throw new StoreConflict('not_found', `There is no key "${id}".`);
        return toRecord(row);
      });
    },

    async rotate(id, { graceMs = 0, prefix } = {}) {
      const { secret, hash, hint } = await prepareSecret({ prefix });
      const key = await changed(() => {
        const now = clock.now();
        return update(id, {
          hash,
          hint,
          // The database reads the hash as it was before this statement.
          old_hash: sql.ref<string>('hash'),
          old_ends_at: now + graceMs,
          rotated_at: now,
        });
      });
      return { key, secret };
    },

    revoke: (id) =>
      changed(function* () {
        const row = yield* oneOf(id);
        if (row !== undefined && row.revoked_at !== null) return toRecord(row);
        return yield* update(id, { revoked_at: clock.now() });
      }),

    block: (id, isBlocked) => changed(() => update(id, { is_blocked: isBlocked })),

    watch: (onChange: (change: KeyChange | 'all') => void) =>
      changes.watch((change) => {
        if (change === 'all') onChange('all');
        else if (change.startsWith('key:')) onChange({ id: change.slice('key:'.length) });
      }),
  };
}

type KeyUpdate = UpdateObject<Tables, 'portico_keys'>;

const EMPTY = {
  old_hash: null,
  old_ends_at: null,
  alias: null,
  user_id: null,
  team: null,
  organization: null,
  customer: null,
  tags: '[]',
  models: null,
  operations: null,
  endpoints: null,
  metadata: '{}',
  expires_at: null,
  revoked_at: null,
  rotated_at: null,
};

/** Of what is given only what is named; null takes a value away. */
function toColumns(given: KeyChanges): Partial<KeyTable> {
  const { alias, user, team, organization, customer, tags, models, operations, endpoints, metadata, expiresAt } = given;
  const columns = {
    alias,
    user_id: user,
    team,
    organization,
    customer,
    tags: tags === undefined ? undefined : JSON.stringify(tags ?? []),
    models: models === undefined ? undefined : toJson(models),
    operations: operations === undefined ? undefined : toJson(operations),
    endpoints: endpoints === undefined ? undefined : toJson(endpoints),
    metadata: metadata === undefined ? undefined : JSON.stringify(metadata ?? {}),
    expires_at: expiresAt,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function toRecord(row: KeyTable): KeyRecord {
  return {
    id: row.id,
    hint: row.hint,
    alias: toOptional(row.alias),
    user: toOptional(row.user_id),
    team: toOptional(row.team),
    organization: toOptional(row.organization),
    customer: toOptional(row.customer),
    tags: fromJson(row.tags) ?? [],
    models: fromJson(row.models),
    operations: fromJson(row.operations),
    endpoints: fromJson(row.endpoints),
    metadata: fromJson(row.metadata) ?? {},
    createdAt: toNumber(row.created_at),
    expiresAt: toOptionalNumber(row.expires_at),
    isBlocked: toFlag(row.is_blocked),
    revokedAt: toOptionalNumber(row.revoked_at),
    rotatedAt: toOptionalNumber(row.rotated_at),
  };
}

function throwConflict(error: unknown): never {
  const duplicate = duplicateIn(error);
  if (duplicate === undefined) throw error;
  if (duplicate.includes('alias')) throw new StoreConflict('duplicate', 'alias: it is the name of another key.');
  throw new StoreConflict('duplicate', 'secret: there is a key with it already.');
}
