import { StoreConflict } from '@portico/core/store';
import type { SqlStores } from '@portico/store-sql';
import type { Options } from '../run.js';
import type { Terminal } from '../terminal.js';
import { openDatabase } from './connect-database.js';

/** Runs a command on the database that is named on the command line, or by `PORTICO_DATABASE_URL`. Returns its exit code. */
export async function withDatabase(
  options: Options,
  terminal: Terminal,
  run: (stores: SqlStores) => Promise<number>,
): Promise<number> {
  const url = databaseOf(options, terminal);
  if (url === undefined) {
    terminal.error('Name the database: --database postgres://user:password@host/name, or --database sqlite:usage.db');
    return 2;
  }
  let database: Awaited<ReturnType<typeof openDatabase>>;
  try {
    database = await openDatabase(url, { folder: terminal.folder });
  } catch (error) {
    terminal.error((error as Error).message);
    return 1;
  }
  try {
    return await run(database.stores);
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    terminal.error(error.message);
    return 1;
  } finally {
    await database.close();
  }
}

/** Undefined where none is named. */
export function databaseOf({ database }: Options, { environment }: Terminal): string | undefined {
  return database ?? (environment.PORTICO_DATABASE_URL === '' ? undefined : environment.PORTICO_DATABASE_URL);
}
