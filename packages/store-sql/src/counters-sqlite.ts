import {
  type CounterTables,
  KEPT_MS,
  type Reserved,
  type ReservedAmount,
  type Seed,
  type Want,
} from './counter-tables.js';
import { type Database, rowsOfSql, type Work } from './database.js';

interface CounterRow {
  readonly used: number;
  readonly reserved: number;
  readonly resets_at: number | null;
}

/**
 * What the functions `portico_reserve`, `portico_settle` and those they call do on Postgres, as one transaction that
 * runs at once.
 */
export function openSqliteCounters(database: Database, timeOf: () => number): CounterTables {
  const run = <Row>(sql: string, values: readonly unknown[] = []) => rowsOfSql<Row>(database, sql, values);

  function* epochAt(now: number): Work<number> {
    const [row] = yield* run<CounterRow>("SELECT used FROM portico_counters WHERE key = 'epoch'");
    if (row !== undefined) return row.used;
    yield* run('DELETE FROM portico_leases');
    yield* run('DELETE FROM portico_counters');
    yield* run("INSERT INTO portico_counters VALUES ('epoch', ?, 0, NULL)", [now]);
    return now;
  }

  function* counterOf(key: string): Work<CounterRow | undefined> {
    const [row] = yield* run<CounterRow>('SELECT used, reserved, resets_at FROM portico_counters WHERE key = ?', [key]);
    return row;
  }

  /** Where its period is over it starts anew, and leases that are over are given back. */
  function* clear(want: Want, now: number): Work<CounterRow> {
    const { key } = want;
    const resetsAt = want.resetsAt ?? null;
    yield* run('INSERT INTO portico_counters VALUES (?, 0, 0, ?) ON CONFLICT DO NOTHING', [key, resetsAt]);
    yield* run(
      'UPDATE portico_counters SET used = 0, reserved = 0, resets_at = ? WHERE key = ? AND resets_at <= ? AND resets_at IS NOT ?',
      [resetsAt, key, now, resetsAt],
    );
    const over = yield* run<{ amount: number; resets_at: number | null }>(
      'DELETE FROM portico_leases WHERE key = ? AND ends_at <= ? RETURNING amount, resets_at',
      [key, now],
    );
    for (const lease of over) {
      yield* run('UPDATE portico_counters SET reserved = reserved - ? WHERE key = ? AND resets_at IS ?', [
        lease.amount,
        key,
        lease.resets_at,
      ]);
    }
    return (yield* counterOf(key)) as CounterRow; // made above
  }

  function* missingOf(wants: readonly Want[], epoch: number): Work<boolean[]> {
    const missing: boolean[] = [];
    for (const { key, startsAt } of wants) {
      const isLost = startsAt !== undefined && startsAt <= epoch;
      missing.push(isLost && (yield* counterOf(key)) === undefined);
    }
    return missing;
  }

  function* reserve(id: string, leaseMs: number, wants: readonly Want[], now: number): Work<Reserved> {
    const epoch = yield* epochAt(now);
    const missing = yield* missingOf(wants, epoch);
    if (missing.includes(true)) return { missing };
    const rows = new Map<string, CounterRow>();
    for (const want of wants) if (!rows.has(want.key)) rows.set(want.key, yield* clear(want, now));

    const held = new Map<string, number>();
    const room = ({ key, limit }: Want) => {
      const { used, reserved } = rows.get(key) as CounterRow; // each has one
      return limit - used - reserved - (held.get(key) ?? 0);
    };
    for (const [index, want] of wants.entries()) {
      held.set(want.key, (held.get(want.key) ?? 0) + want.amount);
      if (room(want) >= 0) continue;
      held.clear();
      return { refused: index, epoch, remaining: wants.map((each) => Math.max(0, room(each))) };
    }
    for (const [place, { key, amount }] of wants.entries()) {
      const resetsAt = (rows.get(key) as CounterRow).resets_at;
      yield* run('UPDATE portico_counters SET reserved = reserved + ? WHERE key = ?', [amount, key]);
      yield* run('INSERT INTO portico_leases VALUES (?, ?, ?, ?, ?, ?)', [
        id,
        place,
        key,
        amount,
        resetsAt,
        now + leaseMs,
      ]);
    }
    return { refused: -1, epoch, remaining: wants.map((each) => Math.max(0, room(each))) };
  }

  function* settle({ id, epoch, endsAt, keys }: ReservedAmount, actual: readonly number[], now: number): Work<void> {
    if ((yield* epochAt(now)) !== epoch) {
      yield* settleLost(id, endsAt, keys, actual, now);
      return;
    }
    const leases = yield* run<{
      place: number;
      key: string;
      amount: number;
      resets_at: number | null;
      ends_at: number;
    }>('DELETE FROM portico_leases WHERE reservation = ? RETURNING place, key, amount, resets_at, ends_at', [id]);
    for (const lease of leases) {
      const used = now < lease.ends_at ? (actual[lease.place] ?? 0) : 0;
      yield* run(
        'UPDATE portico_counters SET reserved = reserved - ?, used = used + ? WHERE key = ? AND resets_at IS ?',
        [lease.amount, used, lease.key, lease.resets_at],
      );
    }
  }

  function* settleLost(
    id: string,
    endsAt: number,
    keys: readonly string[],
    actual: readonly number[],
    now: number,
  ): Work<void> {
    if (now >= endsAt) return;
    const first = yield* run(
      "INSERT INTO portico_leases VALUES (?, 0, '', 0, NULL, ?) ON CONFLICT DO NOTHING RETURNING place",
      [id, endsAt],
    );
    if (first.length === 0) return;
    for (const [index, key] of keys.entries()) {
      yield* run('UPDATE portico_counters SET used = used + ? WHERE key = ? AND (resets_at IS NULL OR resets_at > ?)', [
        actual[index] ?? 0,
        key,
        now,
      ]);
    }
  }

  function* read(key: string, now: number): Work<{ used: number; reserved: number }> {
    const counter = yield* counterOf(key);
    if (counter === undefined) return { used: 0, reserved: 0 };
    const { used, reserved, resets_at: resetsAt } = counter;
    if (resetsAt !== null && now >= resetsAt) return { used: 0, reserved: 0 };
    const [over] = yield* run<{ amount: number | null }>(
      'SELECT sum(amount) AS amount FROM portico_leases WHERE key = ? AND ends_at <= ? AND resets_at IS ?',
      [key, now, resetsAt],
    );
    return { used, reserved: reserved - (over?.amount ?? 0) };
  }

  function* seed(seeds: readonly Seed[]): Work<void> {
    for (const { key, used, resetsAt } of seeds) {
      yield* run('INSERT INTO portico_counters VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING', [
        key,
        used,
        resetsAt ?? null,
      ]);
    }
  }

  function* sweep(now: number): Work<void> {
    const swept = yield* run<{ key: string }>('DELETE FROM portico_counters WHERE resets_at < ? RETURNING key', [
      now - KEPT_MS,
    ]);
    for (const { key } of swept) yield* run('DELETE FROM portico_leases WHERE key = ?', [key]);
    yield* run("DELETE FROM portico_leases WHERE key = '' AND ends_at < ?", [now]);
  }

  return {
    reserve: (id, leaseMs, wants, now = timeOf()) => database.write(() => reserve(id, leaseMs, wants, now)),
    settle: (held, actual, now = timeOf()) => database.write(() => settle(held, actual, now)),
    read: (key, now = timeOf()) => database.read(() => read(key, now)),
    seed: (seeds) => database.write(() => seed(seeds)),
    sweep: (now = timeOf()) => database.write(() => sweep(now)),
  };
}
