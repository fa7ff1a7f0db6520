import { resolve } from 'node:path';
import { type Logger, withErrorListener } from '@portico/core';
import { type SqlConnection, type SqlStores, sqlStores } from '@portico/store-sql';

/** Keys, accounts, the ledger and counters in a database that this program has opened. */
export interface OpenDatabase {
  readonly stores: SqlStores;
  readonly isShared: boolean;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The current folder, for paths of files. */
  readonly folder: string;
  /** A folder for usage records that the database does not take at the moment. */
  readonly spillFolder?: string | undefined;
  readonly logger?: Logger | undefined;
}

/** The actual value is not repeated: it may contain a password. */
export const AS_A_DATABASE = 'must be a URL such as postgres://user:password@host/name or sqlite:usage.db.';

/** Whether it names a database: a Postgres, or a file of SQLite. */
export function isDatabaseUrl(url: string): boolean {
  return isPostgres(url) ? URL.canParse(url) : /^sqlite:(?:\/\/)?./.test(url);
}

function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(url);
}

/** Opens a database, and makes its tables or brings them up to date. Rejects with what to do where it cannot. */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<OpenDatabase> {
  if (!isDatabaseUrl(url)) throw new Error(`--database, or PORTICO_DATABASE_URL, ${AS_A_DATABASE}`);
  const { folder, spillFolder, logger } = options;
  const path = resolve(folder, url.replace(/^sqlite:(?:\/\/)?/, ''));
  const { connection, close } = isPostgres(url) ? await openPostgres(url, logger) : await openSqlite(path);
  const stores = sqlStores(connection, {
    logger,
    ...(spillFolder !== undefined && { spillFolder: resolve(folder, spillFolder) }),
  });
  try {
    await stores.migrate();
  } catch (error) {
    await close();
    throw new Error(`The database cannot be used: ${(error as Error).message}`, { cause: error });
  }
  return { stores, isShared: isPostgres(url), close };
}

interface Opened {
  readonly connection: SqlConnection;
  close(): Promise<void>;
}

async function openPostgres(url: string, logger: Logger | undefined): Promise<Opened> {
  const { Pool } = (await installed('pg', () => import('pg'), 'A Postgres is configured, but its client is missing'))
    .default;
  // A connection that is lost while nobody uses it: the pool opens another one.
  const pool = withErrorListener(new Pool({ connectionString: url }), (err) => {
    logger?.warn({ err }, 'A connection to Postgres was lost');
  });
  return { connection: pool, close: () => pool.end() };
}

type SqliteDatabase = SqlConnection & { close(): unknown };

async function openSqlite(path: string): Promise<Opened> {
  const { process: runtime } = globalThis;
  const builtIn = runtime.getBuiltinModule?.('node:sqlite') as
    | { readonly DatabaseSync: new (path: string) => SqliteDatabase }
    | undefined;
  let database: SqliteDatabase;
  if (builtIn === undefined) {
    const wasm = await installed(
      'node-sqlite3-wasm',
      () => import('node-sqlite3-wasm'),
      'SQLite comes with Node from 22.13 on; for this one a package is missing',
    );
    database = new wasm.default.Database(path);
  } else database = new builtIn.DatabaseSync(path);
  return {
    connection: database,
    close() {
      database.close();
      return Promise.resolve();
    },
  };
}

async function installed<Module>(name: string, load: () => Promise<Module>, otherwise: string): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(`${otherwise}: npm install ${name}`, { cause: error });
  }
}
