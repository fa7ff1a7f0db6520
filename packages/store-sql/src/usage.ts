import type { LedgerRecord, NewOutboxMessage, UsageStore } from '@portico/core/store';
import { type Database, rowsOfSql, type Work } from './database.js';
import { isWithoutPartition } from './database-errors.js';
import { aggregateUsage, pageOfUsage, usedInSpans } from './usage-queries.js';
import { toDayRows, toUsageRow } from './usage-rows.js';

/** The ledger in the database. */
export interface SqlUsageStore extends UsageStore {
  /**
   * Takes away records that started before a moment, milliseconds since the epoch. Postgres drops whole months that
   * ended by then, SQLite deletes rows. The sums of days stay, and with them what budgets without an end have used.
   */
  dropBefore(at: number): Promise<void>;
}

export function sqlUsage(database: Database): SqlUsageStore {
  const isPostgres = database.dialect === 'postgres';
  /** First moments of months that are known to have a partition. */
  const months = new Set<number>();

  async function makePartitions(records: readonly LedgerRecord[]): Promise<void> {
    const missing = new Set(records.map(({ startedAt }) => monthOf(startedAt)).filter((month) => !months.has(month)));
    for (const month of missing) {
      await database.write(() => rowsOfSql(database, 'SELECT portico_usage_month(?)', [month]));
      months.add(month);
    }
  }

  return {
    async append(batch, { outbox } = {}) {
      if (batch.length === 0) return { appended: [] };
      // Of a record that is there twice the first counts, and nobody locks in another order.
      const records = [...new Map([...batch].reverse().map((record) => [record.id, record])).values()];
      records.sort((a, b) => (a.id < b.id ? -1 : 1));
      if (isPostgres) await makePartitions(records);
      const write = () => database.write(() => append(database, records, outbox));
      const appended = await write().catch(async (error: unknown) => {
        if (!isWithoutPartition(error)) throw error;
        // Somebody dropped it since.
        months.clear();
        await makePartitions(records);
        return await write();
      });
      return { appended: batch.map(({ id }) => id).filter((id) => appended.delete(id)) };
    },

    query: (query = {}) => pageOfUsage(database, query),
    aggregate: (query) => aggregateUsage(database, query),
    usedIn: (spans) => usedInSpans(database, spans),

    async dropBefore(at) {
      if (isPostgres) {
        await database.write(() => rowsOfSql(database, 'SELECT portico_usage_drop_before(?)', [Math.floor(at)]));
        months.clear();
        return;
      }
      // In parts, so that nobody waits long for the file.
      for (;;) {
        const gone = await database.write(() =>
          rowsOfSql(
            database,
            'DELETE FROM portico_usage WHERE id IN (SELECT id FROM portico_usage WHERE started_at < ? LIMIT 1000) RETURNING id',
            [at],
          ),
        );
        if (gone.length === 0) return;
      }
    },
  };
}

function* append(
  database: Database,
  records: readonly LedgerRecord[],
  outbox: ((record: LedgerRecord) => readonly NewOutboxMessage[]) | undefined,
): Work<Set<string>> {
  const appended = new Set<string>();
  const inserted = yield* insert<{ id: string }>(database, 'portico_usage', records.map(toUsageRow), NEW_RECORD);
  const kept = new Set(inserted.map(({ id }) => id));
  const fresh = records.filter(({ id }) => kept.has(id.replaceAll(UNKEEPABLE, '\uFFFD')));
  for (const { id } of fresh) appended.add(id);
  if (fresh.length === 0) return appended;

  yield* insert(database, 'portico_usage_days', toDayRows(fresh), ADD_TO_DAY);
  const now = database.clock.now();
  const messages = fresh.flatMap((record) =>
    (outbox?.(record) ?? []).map(({ topic, payload }) => ({
      topic,
      record_id: record.id,
      payload: JSON.stringify(payload),
      due_at: now,
      created_at: now,
    })),
  );
  if (messages.length > 0) yield* insert(database, 'portico_outbox', messages, NEW_MESSAGE);
  return appended;
}

const UNKEEPABLE = /\0|\p{Surrogate}/gu;

const NEW_RECORD = 'ON CONFLICT DO NOTHING RETURNING id';
const NEW_MESSAGE = 'ON CONFLICT DO NOTHING';
const ADD_TO_DAY = `ON CONFLICT (dimension, day, id, model) DO UPDATE SET ${[
  'calls',
  'failures',
  'input_tokens',
  'cache_read_tokens',
  'output_tokens',
  'cost_nano_usd',
  'unpriced',
]
  .map((column) => `${column} = portico_usage_days.${column} + excluded.${column}`)
  .join(', ')}`;

/** Postgres takes all rows as one JSON, in one round trip; SQLite has no trips, and takes them one by one. */
function* insert<Row>(database: Database, table: string, rows: readonly object[], conflict: string): Work<Row[]> {
  const columns = Object.keys(rows[0] ?? {});
  const names = columns.join(', ');
  if (database.dialect === 'postgres') {
    const sql = `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, ?) ${conflict}`;
    return yield* rowsOfSql<Row>(database, sql, [JSON.stringify(rows)]);
  }
  const sql = `INSERT INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')}) ${conflict}`;
  const answered: Row[] = [];
  for (const row of rows) {
    const values = columns.map((column) => toColumn((row as Record<string, unknown>)[column]));
    answered.push(...(yield* rowsOfSql<Row>(database, sql, values)));
  }
  return answered;
}

function toColumn(value: unknown): unknown {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}

function monthOf(at: number): number {
  const date = new Date(Math.round(at));
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}
