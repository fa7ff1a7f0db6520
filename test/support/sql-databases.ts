import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlConnection } from '@portico/store-sql';
import { Pool } from 'pg';
import type { PostgresServer } from './postgres-server.js';

const require = createRequire(import.meta.url);

/** An empty database that a test has to itself. */
export interface TestDatabase {
  readonly connection: SqlConnection;
  /** Another connection to the same database, as another instance of a host has it. */
  another(): SqlConnection;
  close(): Promise<void>;
}

interface Closable {
  close(): void;
}

export interface SqliteDriver {
  readonly name: string;
  /** Why it is skipped; undefined where it runs. */
  readonly without: string | undefined;
  open(path: string): SqlConnection & Closable;
}

/** The drivers of SQLite, as a host would load them. */
export const SQLITE_DRIVERS: readonly SqliteDriver[] = [
  {
    name: 'node:sqlite',
    without: reasonToSkip(() => require('node:sqlite')),
    open: (path) => new (require('node:sqlite').DatabaseSync)(path),
  },
  {
    name: 'better-sqlite3',
    without: reasonToSkip(() => new (require('better-sqlite3'))(':memory:').close()),
    open: (path) => new (require('better-sqlite3'))(path),
  },
  {
    name: 'node-sqlite3-wasm',
    without: undefined,
    open: (path) => new (require('node-sqlite3-wasm').Database)(path),
  },
];

/** A title with the reason why what it names is skipped. */
export function titleOf(name: string, without: string | undefined): string {
  return without === undefined ? name : `${name} (skipped: ${without})`;
}

export function openSqliteFile(driver: SqliteDriver): TestDatabase & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'portico-sqlite-'));
  const path = join(folder, 'portico.db');
  const opened: Closable[] = [];
  const open = () => {
    const database = driver.open(path);
    // What a power cut would lose is not what is tested.
    void runSql(database, 'PRAGMA synchronous = OFF');
    opened.push(database);
    return database;
  };
  return {
    path,
    connection: open(),
    another: open,
    async close() {
      for (const database of opened) database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function openPostgresDatabase(server: PostgresServer): Promise<TestDatabase & { readonly url: string }> {
  const url = await server.database();
  const opened: Pool[] = [];
  const open = () => {
    const pool = new Pool({ connectionString: url, max: 10 });
    // Without a listener of its own, as many apps have it: a server that is killed tells idle connections so.
    opened.push(pool);
    return pool;
  };
  return {
    url,
    connection: open(),
    another: open,
    close: async () => void (await Promise.all(opened.map((pool) => pool.end()))),
  };
}

/** Runs a statement behind the stores' backs. */
export async function runSql(connection: SqlConnection, sql: string): Promise<void> {
  if ('query' in connection) await connection.query(sql);
  else connection.exec(sql);
}

function reasonToSkip(load: () => unknown): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    return `Node ${process.versions.node} cannot load it: ${String((error as Error).message).split('\n', 1)[0]}`;
  }
}
