/** What drivers say about an error, as far as they do. */
interface DriverError {
  readonly code?: unknown;
  readonly errcode?: unknown;
  readonly message?: unknown;
  readonly constraint?: unknown;
}

/** Another connection has the file of SQLite to itself. */
export function isBusy(error: unknown): boolean {
  const { code, errcode, message } = asDriverError(error);
  if (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) return true;
  return errcode === 5 || (typeof message === 'string' && /database is locked|SQLITE_BUSY/.test(message));
}

/** Postgres ended a transaction in favour of another one: a deadlock, or rows that changed. */
export function isWorthRepeating(error: unknown): boolean {
  const { code } = asDriverError(error);
  return code === '40P01' || code === '40001';
}

/** Something of a unique index is there already. Answers what the database calls it. */
export function duplicateIn(error: unknown): string | undefined {
  const { code, message, constraint } = asDriverError(error);
  if (code === '23505') return String(constraint);
  const [, columns] = /UNIQUE constraint failed: ([\w., ]+)/.exec(String(message)) ?? [];
  return columns;
}

/** Postgres has no partition for the month of a record. */
export function isWithoutPartition(error: unknown): boolean {
  const { code, message } = asDriverError(error);
  return code === '23514' && String(message).includes('no partition');
}

/** The same error, with what to do where tables are missing. */
export function explained(error: unknown): unknown {
  const { code, message } = asDriverError(error);
  const isMissing = code === '42P01' || code === '42883' || /no such table: portico_/.test(String(message));
  if (!isMissing) return error;
  return new Error('The tables of the gateway are not in this database: run `sqlStores(db).migrate()` before.', {
    cause: error,
  });
}

function asDriverError(error: unknown): DriverError {
  return typeof error === 'object' && error !== null ? error : {};
}
