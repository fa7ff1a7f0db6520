import { randomUUID } from 'node:crypto';
import {
  type ClaimedMessage,
  type OutboxMessage,
  type OutboxStore,
  pageLimit,
  pageOf,
  readTimeCursor,
  timeCursor,
} from '@portico/core/store';
import type { Selectable } from 'kysely';
import { type Database, rowsOf, rowsOfSql } from './database.js';
import { fromJson, toNumber, toOptional } from './read-row.js';
import type { Tables } from './tables.js';

const LONGEST_ERROR = 1_000;

/** The outbox in the database. On Postgres many workers may claim at once, and none waits for another. */
export function sqlOutbox(database: Database): OutboxStore {
  const { build, clock, dialect } = database;

  return {
    async claim({ topics, limit, leaseMs }) {
      if (topics?.length === 0) return [];
      const claim = randomUUID();
      const now = clock.now();
      let due = build
        .selectFrom('portico_outbox')
        .select('id')
        .where('is_parked', '=', false)
        .where('due_at', '<=', now)
        .orderBy('id')
        .limit(limit);
      if (topics !== undefined) due = due.where('topic', 'in', [...topics]);
      if (dialect === 'postgres') due = due.forUpdate().skipLocked();
      const take = build
        .updateTable('portico_outbox')
        .set((is) => ({ claim, due_at: now + leaseMs, attempts: is('attempts', '+', 1) }))
        .where('id', 'in', due)
        .returningAll();
      const rows = await database.write(() => rowsOf<OutboxRow>(take));
      return rows
        .map((row): ClaimedMessage => ({ ...toMessage(row), claim }))
        .sort((a, b) => Number(a.id) - Number(b.id));
    },

    async done(messages) {
      if (messages.length === 0) return;
      const remove = build
        .deleteFrom('portico_outbox')
        .where((is) =>
          is.or(messages.map(({ id, claim }) => is.and([is('id', '=', Number(id)), is('claim', '=', claim)]))),
        );
      await database.write(() => rowsOf(remove));
    },

    async failed({ id, claim }, { error, retryAt }) {
      const update = build
        .updateTable('portico_outbox')
        .set({
          claim: null,
          last_error: error.slice(0, LONGEST_ERROR).replaceAll('\0', '\uFFFD'),
          is_parked: retryAt === undefined,
          due_at: retryAt ?? 0,
        })
        .where('id', '=', Number(id))
        .where('claim', '=', claim);
      await database.write(() => rowsOf(update));
    },

    async parked(query = {}) {
      const limit = pageLimit(query);
      const after = readTimeCursor(query.after);
      let select = build.selectFrom('portico_outbox').selectAll().where('is_parked', '=', true);
      if (after !== undefined) select = select.where('id', '>', after.at);
      const rows = await database.read(() => rowsOf<OutboxRow>(select.orderBy('id').limit(limit + 1)));
      return pageOf(rows.map(toMessage), limit, ({ id }) => timeCursor(Number(id), ''));
    },

    async retry(ids) {
      if (ids?.length === 0) return 0;
      let update = build
        .updateTable('portico_outbox')
        .set({ is_parked: false, due_at: clock.now() })
        .where('is_parked', '=', true);
      if (ids !== undefined) update = update.where('id', 'in', ids.map(Number));
      const rows = await database.write(() => rowsOf<{ id: number }>(update.returning('id')));
      return rows.length;
    },

    async status() {
      const [row] = await database.read(() =>
        rowsOfSql<{ waiting: unknown; parked: unknown; oldest_at: unknown }>(
          database,
          `SELECT count(CASE WHEN is_parked THEN NULL ELSE 1 END) AS waiting, count(CASE WHEN is_parked THEN 1 END) AS parked,
            min(CASE WHEN is_parked THEN NULL ELSE created_at END) AS oldest_at FROM portico_outbox`,
        ),
      );
      const oldest = row?.oldest_at ?? null;
      return {
        waiting: toNumber(row?.waiting ?? 0),
        parked: toNumber(row?.parked ?? 0),
        oldestAt: oldest === null ? undefined : toNumber(oldest),
      };
    },
  };
}

type OutboxRow = Selectable<Tables['portico_outbox']>;

function toMessage(row: OutboxRow): OutboxMessage {
  return {
    id: String(row.id),
    topic: row.topic,
    recordId: row.record_id,
    payload: fromJson(row.payload) ?? {},
    attempts: toNumber(row.attempts),
    lastError: toOptional(row.last_error),
    createdAt: toNumber(row.created_at),
  };
}
