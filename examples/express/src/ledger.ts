import type { UsageRecord } from '@portico/express';

/** Every call that was admitted, and what it cost. A real app keeps these in a table whose primary key is `id`. */
export interface Ledger {
  readonly records: ReadonlyMap<string, UsageRecord>;
  /** The gateway's usage sink. It may get a record twice; the record is kept once. */
  record(record: UsageRecord): void;
  /** What a principal has used since midnight UTC, when daily budgets are reset. */
  today(principalId: string): { readonly calls: number; readonly spentUsd: number };
  /** Calls `onRecord` with each record that comes, until the returned function is called. */
  watch(onRecord: (record: UsageRecord) => void): () => void;
}

/** Makes an empty ledger in memory. */
export function createLedger(): Ledger {
  const records = new Map<string, UsageRecord>();
  const watches = new Set<(record: UsageRecord) => void>();

  return {
    records,
    record(record) {
      records.set(record.id, record);
      for (const onRecord of watches) onRecord(record);
    },
    today(principalId) {
      const midnight = new Date().setUTCHours(0, 0, 0, 0);
      const own = [...records.values()].filter(
        (record) => record.principal.id === principalId && record.startedAt >= midnight,
      );
      const nanoUsd = own.reduce((sum, record) => sum + (record.costNanoUsd ?? 0), 0);
      return { calls: own.length, spentUsd: nanoUsd / 1e9 };
    },
    watch(onRecord) {
      watches.add(onRecord);
      return () => void watches.delete(onRecord);
    },
  };
}
