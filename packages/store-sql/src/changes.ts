import { createWatchers } from '@portico/core/store';
import { connectionOf, isPgPool, type PgClient, type PgPool } from './connection.js';
import { type Database, rowsOfSql } from './database.js';

/**
 * What changed in the keys and accounts, by whichever instance: `key:ID`, `account:KIND:ID`, or `'all'` where something
 * may have been missed.
 */
export interface ChangeFeed {
  /** Resolves once it listens. Answers how to stop. */
  watch(onChange: (change: string) => void): Promise<() => void>;
  /** This instance has changed something: its own watchers need not wait to hear of it. */
  told(): void;
}

/**
 * Postgres tells by NOTIFY, on a connection of the pool that is kept for it while somebody watches. SQLite is looked at
 * every `pollMs`.
 */
export function openChanges(database: Database, pollMs: number): ChangeFeed {
  const { connection } = database;
  return isPgPool(connection) ? listen(connection, database) : poll(database, pollMs);
}

const RECONNECT_MS = 500;

function listen(pool: PgPool, { clock }: Database): ChangeFeed {
  const watchers = createWatchers<string>();
  let client: PgClient | undefined;
  let starting: Promise<void> | undefined;
  let stopTimer = () => {};

  async function start(): Promise<void> {
    const opened = await connectionOf(pool);
    const lost = () => {
      if (client !== opened) return;
      client = undefined;
      opened.release(true);
      comeBack();
    };
    opened.on('error', lost);
    opened.on('end', lost);
    opened.on('notification', ({ payload }) => {
      if (client === opened && payload !== undefined) watchers.tell(payload);
    });
    try {
      await opened.query('LISTEN portico_changes');
    } catch (error) {
      opened.release(true);
      throw error;
    }
    client = opened;
    if (watchers.size === 0) stop();
  }

  /** What was told while nobody listened is not told again. */
  function comeBack(): void {
    if (watchers.size === 0) return;
    stopTimer = clock.after(RECONNECT_MS, () => {
      starting = start().then(() => watchers.tell('all'));
      starting.catch(comeBack);
    });
  }

  function stop(): void {
    stopTimer();
    starting = undefined;
    const open = client;
    client = undefined;
    open?.release(true);
  }

  return {
    told: () => {},
    async watch(onChange) {
      const remove = watchers.add(onChange);
      try {
        starting ??= start();
        await starting;
      } catch (error) {
        remove();
        starting = undefined;
        throw error;
      }
      return () => {
        remove();
        if (watchers.size === 0) stop();
      };
    },
  };
}

function poll(database: Database, pollMs: number): ChangeFeed {
  const { clock } = database;
  const watchers = createWatchers<string>();
  let seen: number | undefined;
  let stopTimer = () => {};

  async function look(): Promise<void> {
    const from = seen ?? 0;
    const rows = await database.read(() =>
      rowsOfSql<{ id: number; change: string }>(
        database,
        'SELECT id, change FROM portico_changes WHERE id > ? ORDER BY id LIMIT 1000',
        [from],
      ),
    );
    // Another look may have told some of them meanwhile.
    const [first] = seen === from || seen === undefined ? rows : [];
    if (first === undefined) return;
    seen = rows.at(-1)?.id ?? from;
    // Those between are gone: more happened than is kept.
    if (first.id > from + 1) watchers.tell('all');
    else for (const { change } of rows) watchers.tell(change);
  }

  async function newest(): Promise<number> {
    const [row] = await database.read(() =>
      rowsOfSql<{ id: number | null }>(database, 'SELECT max(id) AS id FROM portico_changes'),
    );
    return row?.id ?? 0;
  }

  function plan(): void {
    stopTimer();
    if (watchers.size === 0) return;
    // A database that cannot be read now is looked at again next time.
    stopTimer = clock.after(pollMs, () => void look().then(plan, plan));
  }

  return {
    told: () => {
      if (watchers.size > 0) void look().catch(() => {});
    },
    async watch(onChange) {
      seen ??= await newest();
      const remove = watchers.add(onChange);
      if (watchers.size === 1) plan();
      return () => {
        remove();
        if (watchers.size > 0) return;
        stopTimer();
        seen = undefined;
      };
    },
  };
}
