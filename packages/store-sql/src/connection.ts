import { withErrorListener } from '@portico/core';

/**
 * What is needed of a database, so that the one your app has will do. It stays yours: open it before the first call and
 * close it after the gateway.
 */
export type SqlConnection = PgPool | NodeSqlite | BetterSqlite | WasmSqlite;

/** `new Pool()` of `pg` 8. */
export interface PgPool {
  query(text: string, values?: unknown[]): Promise<PgResult>;
  connect(): Promise<PgClient>;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface PgClient {
  query(text: string, values?: unknown[]): Promise<PgResult>;
  release(destroy?: boolean): void;
  on(event: 'notification', listener: (message: { payload?: string | undefined }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

interface PgResult {
  readonly rows: unknown[];
}

/** `new DatabaseSync(path)` of `node:sqlite`, from Node 22.13 on. */
export interface NodeSqlite {
  exec(sql: string): void;
  prepare(sql: string): { all(...values: SqliteValue[]): unknown[] };
}

/** `new Database(path)` of `better-sqlite3` 12. */
export interface BetterSqlite {
  exec(sql: string): unknown;
  pragma(source: string): unknown;
  prepare(sql: string): {
    readonly reader: boolean;
    all(...values: unknown[]): unknown[];
    run(...values: unknown[]): unknown;
  };
}

/** `new Database(path)` of `node-sqlite3-wasm`. */
export interface WasmSqlite {
  exec(sql: string): void;
  readonly inTransaction: boolean;
  all(sql: string, values?: SqliteValue[]): unknown[];
}

export type SqliteValue = string | number | null;

/** One connection to SQLite, whichever driver opened it. Everything happens at once: nobody else comes between two statements. */
export interface Sqlite {
  exec(sql: string): void;
  /** Runs one statement and answers its rows; none for one that has none to answer. */
  all(sql: string, values: readonly SqliteValue[]): unknown[];
}

/**
 * A connection of the pool with an error listener: one that is lost between two queries must not end the process of the app. What it
 * means for calls is told by the queries that fail.
 */
export async function connectionOf(pool: PgPool): Promise<PgClient> {
  return withErrorListener(await pool.connect());
}

/** The same for a pool, which tells what happens to its idle connections. */
export function withoutErrorEvents(pool: PgPool): PgPool {
  if (hasEvents(pool)) withErrorListener(pool);
  return pool;
}

function hasEvents(pool: PgPool): pool is PgPool & { on: NonNullable<PgPool['on']> } {
  return pool.on !== undefined;
}

export function isPgPool(connection: SqlConnection): connection is PgPool {
  return 'connect' in connection && 'query' in connection;
}

export function toSqlite(connection: Exclude<SqlConnection, PgPool>): Sqlite {
  if (!('exec' in connection)) {
    throw new TypeError(
      'This is no database: use a Pool of pg, or a database of node:sqlite, better-sqlite3 or node-sqlite3-wasm.',
    );
  }
  if ('all' in connection) {
    return { exec: (sql) => connection.exec(sql), all: (sql, values) => connection.all(sql, [...values]) };
  }
  // Preparing takes longer than running; there are a few dozen statements, and lists of different length make some more.
  const prepared = new Map<string, (values: readonly SqliteValue[]) => unknown[]>();
  return {
    exec: (sql) => void connection.exec(sql),
    all(sql, values) {
      let run = prepared.get(sql);
      if (run === undefined) {
        run = prepare(connection, sql);
        if (prepared.size >= MOST_PREPARED) prepared.clear();
        prepared.set(sql, run);
      }
      return run(values);
    },
  };
}

const MOST_PREPARED = 200;

function prepare(connection: NodeSqlite | BetterSqlite, sql: string): (values: readonly SqliteValue[]) => unknown[] {
  if ('pragma' in connection) {
    const statement = connection.prepare(sql);
    if (statement.reader) return (values) => statement.all(...values);
    return (values) => {
      statement.run(...values);
      return [];
    };
  }
  const statement = connection.prepare(sql);
  return (values) => statement.all(...values);
}
