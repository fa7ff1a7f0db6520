import type { Gateway, JsonObject, MaybePromise, Principal } from '@portico/core';
import type { AccountStore, KeyStore, UsageStore } from '@portico/core/store';
import type { z } from 'zod';

/** What the admin API works on. What is absent has no operations. */
export interface AdminStores {
  readonly keys?: KeyStore | undefined;
  readonly accounts?: AccountStore | undefined;
  readonly usage?: UsageStore | undefined;
}

/** One operation of the admin API. Everything that describes it is made from this: the endpoint, the document, the client. */
export interface AdminOperation<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodObject = z.ZodObject> {
  /** As the document and the client name it. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the path of the API. */
  readonly path: `/${string}`;
  /** One sentence. */
  readonly summary: string;
  readonly query?: Query;
  readonly body?: Body;
  /** What is in the way of it; undefined if nothing is. */
  missing(stores: AdminStores): string | undefined;
  run(asked: AskedOperation<z.infer<Query>, z.infer<Body>>, work: AdminWork): MaybePromise<JsonObject>;
}

interface AskedOperation<Query, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

/** What operations work with. */
export interface AdminWork {
  readonly gateway: Gateway<never>;
  readonly stores: AdminStores;
  readonly audit: AuditLog;
}

/** A change that was made through the admin API. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Id of the principal that made it. */
  readonly by: Principal['id'];
  /** Name of the operation. */
  readonly operation: string;
  readonly params: Readonly<Record<string, string>>;
  /** What was sent, without secrets. */
  readonly change: Readonly<JsonObject>;
  readonly status: number;
}

/** The last changes, newest first. */
export interface AuditLog {
  add(entry: AuditEntry): void;
  readonly entries: readonly AuditEntry[];
}

const MOST_ENTRIES = 1_000;

export function createAuditLog(onChange: ((entry: AuditEntry) => void) | undefined): AuditLog {
  const entries: AuditEntry[] = [];
  return {
    entries,
    add(entry) {
      entries.unshift(entry);
      if (entries.length > MOST_ENTRIES) entries.pop();
      onChange?.(entry);
    },
  };
}

/** Only for type inference. */
export function adminOperation<Query extends z.ZodObject, Body extends z.ZodObject>(
  operation: AdminOperation<Query, Body>,
): AdminOperation {
  // It is only given what its own schemas have read.
  return operation;
}
