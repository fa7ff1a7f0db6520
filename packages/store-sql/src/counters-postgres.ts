import { type CounterTables, KEPT_MS } from './counter-tables.js';
import { type Database, rowsOfSql } from './database.js';

/** Counters whose every step is one function of the database, and one round trip. */
export function openPostgresCounters(database: Database): CounterTables {
  async function call<Row>(sql: string, values: readonly unknown[]): Promise<Row | undefined> {
    const [row] = await database.read(() => rowsOfSql<Row>(database, sql, values));
    return row;
  }

  return {
    async reserve(id, leaseMs, wants, now) {
      const row = await call<{ answer: readonly unknown[] }>(
        'SELECT portico_reserve(?, ?, ?, ?, ?, ?, ?, ?) AS answer',
        [
          id,
          leaseMs,
          wants.map(({ key }) => key),
          wants.map(({ amount }) => amount),
          wants.map(({ limit }) => limit),
          wants.map(({ resetsAt }) => resetsAt ?? null),
          wants.map(({ startsAt }) => startsAt ?? null),
          now ?? null,
        ],
      );
      const [refused = 0, epoch = 0, ...rest] = (row?.answer ?? []).map(Number);
      if (refused === -2) return { missing: rest.map((each) => each === 1) };
      return { refused, epoch, remaining: rest };
    },

    async settle({ id, epoch, endsAt, keys }, actual, now) {
      await call('SELECT portico_settle(?, ?, ?, ?, ?, ?)', [id, epoch, endsAt, [...keys], [...actual], now ?? null]);
    },

    async read(key, now) {
      const row = await call<{ used: unknown; reserved: unknown }>(
        `SELECT c.used, c.reserved - COALESCE((
            SELECT sum(l.amount) FROM portico_leases l
            WHERE l.key = c.key AND l.ends_at <= portico_now(?) AND l.resets_at IS NOT DISTINCT FROM c.resets_at
          ), 0) AS reserved
          FROM portico_counters c WHERE c.key = ? AND (c.resets_at IS NULL OR c.resets_at > portico_now(?))`,
        [now ?? null, key, now ?? null],
      );
      return { used: Number(row?.used ?? 0), reserved: Number(row?.reserved ?? 0) };
    },

    async seed(seeds) {
      await call(
        `INSERT INTO portico_counters (key, used, reserved, resets_at)
          SELECT key, max(used), 0, min(resets_at) FROM unnest(?::text[], ?::bigint[], ?::bigint[]) AS s(key, used, resets_at)
          GROUP BY key ORDER BY key ON CONFLICT DO NOTHING`,
        [seeds.map(({ key }) => key), seeds.map(({ used }) => used), seeds.map(({ resetsAt }) => resetsAt ?? null)],
      );
    },

    async sweep(now) {
      await call(
        `WITH swept AS (DELETE FROM portico_counters WHERE resets_at < portico_now(?) - ${KEPT_MS} RETURNING key)
          DELETE FROM portico_leases WHERE key = '' AND ends_at < portico_now(?) OR key IN (SELECT key FROM swept)`,
        [now ?? null, now ?? null],
      );
    },
  };
}
