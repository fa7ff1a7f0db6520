import type { Clock } from '../../clock.js';
import { newKeyId, prepareSecret } from '../../stores/key-secret.js';
import type { KeyChange, KeyRecord, KeyStore, NewKey } from '../../stores/key-store.js';
import { pageLimit, pageOf, readTimeCursor, timeCursor } from '../../stores/page.js';
import { StoreConflict } from '../../stores/store-conflict.js';
import { storedCopy } from '../../stores/stored-copy.js';
import { createWatchers } from '../../stores/watchers.js';

/** Virtual keys in this process: for tests, and for gateways whose keys may end with it. */
export function memoryKeys(clock: Clock): KeyStore {
  const rows = new Map<string, KeyRow>();
  const watchers = createWatchers<KeyChange | 'all'>();

  function rowOf(id: string): KeyRow {
    const row = rows.get(id);
    if (row === undefined) throw new StoreConflict('not_found', `There is no key "${id}".`);
    return row;
  }

  function change(id: string, changes: Partial<KeyRecord>): KeyRecord {
    const row = rowOf(id);
    row.key = Object.freeze({ ...row.key, ...changes });
    watchers.tell({ id });
    return row.key;
  }

  function requireFreeAlias(alias: string | undefined, own: string): void {
    if (alias === undefined) return;
    for (const { key } of rows.values()) {
      if (key.alias === alias && key.id !== own) {
        throw new StoreConflict('duplicate', `alias: "${alias}" is the name of another key.`);
      }
    }
  }

  function find(hash: string): KeyRow | undefined {
    for (const row of rows.values()) if (row.hash === hash || row.oldHash === hash) return row;
    return undefined;
  }

  return {
    find(hash) {
      const row = find(hash);
      if (row === undefined) return undefined;
      if (row.hash === hash) return { key: row.key, endsAt: undefined };
      return clock.now() < row.oldEndsAt ? { key: row.key, endsAt: row.oldEndsAt } : undefined;
    },

    get: (id) => rows.get(id)?.key,

    async mint(given) {
      const { secret, hash, hint } = await prepareSecret(given);
      const key = newRecord(storedCopy(given), hint, clock.now());
      requireFreeAlias(key.alias, key.id);
      if (find(hash) !== undefined) throw new StoreConflict('duplicate', 'secret: there is a key with it already.');
      rows.set(key.id, { key, hash, oldHash: undefined, oldEndsAt: 0 });
      watchers.tell({ id: key.id });
      return { key, secret };
    },

    list(query = {}) {
      const limit = pageLimit(query);
      const after = readTimeCursor(query.after);
      const found = [...rows.values()]
        .map(({ key }) => key)
        .filter((key) => FILTERED.every((field) => query[field] === undefined || query[field] === key[field]))
        .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
        .filter(({ createdAt: at, id }) => after === undefined || at < after.at || (at === after.at && id < after.id));
      return pageOf(found, limit, (key) => timeCursor(key.createdAt, key.id));
    },

    update(id, changes) {
      rowOf(id);
      requireFreeAlias(changes.alias ?? undefined, id);
      return change(id, fieldsOf(storedCopy(changes)));
    },

    async rotate(id, { graceMs = 0, prefix } = {}) {
      rowOf(id);
      const { secret, hash, hint } = await prepareSecret({ prefix });
      const row = rowOf(id);
      const now = clock.now();
      row.oldHash = row.hash;
      row.oldEndsAt = now + graceMs;
      row.hash = hash;
      return { key: change(id, { hint, rotatedAt: now }), secret };
    },

    revoke(id) {
      const { key } = rowOf(id);
      return key.revokedAt === undefined ? change(id, { revokedAt: clock.now() }) : key;
    },

    block: (id, isBlocked) => change(id, { isBlocked }),
    watch: (onChange) => watchers.add(onChange),
  };
}

interface KeyRow {
  key: KeyRecord;
  hash: string;
  /** That of the secret before the last rotation. */
  oldHash: string | undefined;
  oldEndsAt: number;
}

const FILTERED = ['user', 'team', 'organization', 'customer', 'alias'] as const;

function newRecord(given: NewKey, hint: string, now: number): KeyRecord {
  return Object.freeze({
    id: newKeyId(),
    hint,
    alias: given.alias,
    user: given.user,
    team: given.team,
    organization: given.organization,
    customer: given.customer,
    tags: given.tags ?? [],
    models: given.models,
    operations: given.operations,
    endpoints: given.endpoints,
    metadata: given.metadata ?? {},
    createdAt: now,
    expiresAt: given.expiresAt,
    isBlocked: false,
    revokedAt: undefined,
    rotatedAt: undefined,
  });
}

/** What is absent stays, null takes a value away. */
function fieldsOf(changes: Parameters<KeyStore['update']>[1]): Partial<KeyRecord> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) fields[name] = name === 'tags' ? [] : name === 'metadata' ? {} : undefined;
    else if (value !== undefined) fields[name] = value;
  }
  return fields;
}
