import type { UsageRecord } from '@portico/express';

/** What one principal has used since midnight UTC. */
export interface Spending {
  readonly calls: number;
  readonly spentUsd: number;
}

/** Keeps every usage record. A real app writes them to a table whose primary key is `record.id`. */
export interface Ledger {
  readonly records: ReadonlyMap<string, UsageRecord>;
  /** The gateway's usage sink. A record may come twice, and is kept once. */
  record(record: UsageRecord): void;
  today(principalId: string): Spending;
  /** Calls `changed` after each record of that principal, until the returned function is called. */
  watch(principalId: string, changed: () => void): () => void;
}

/** Makes an empty ledger in memory. */
export function createLedger(): Ledger {
  const records = new Map<string, UsageRecord>();
  const watches = new Set<{ readonly principalId: string; readonly changed: () => void }>();
  return {
    records,
    record(record) {
      records.set(record.id, record);
      for (const watch of watches) if (watch.principalId === record.principal.id) watch.changed();
    },
    today(principalId) {
      const midnight = new Date().setUTCHours(0, 0, 0, 0);
      let calls = 0;
      let nanoUsd = 0;
      for (const record of records.values()) {
        if (record.principal.id !== principalId || record.startedAt < midnight) continue;
        calls += 1;
        nanoUsd += record.costNanoUsd ?? 0;
      }
      return { calls, spentUsd: nanoUsd / 1e9 };
    },
    watch(principalId, changed) {
      const watch = { principalId, changed };
      watches.add(watch);
      return () => void watches.delete(watch);
    },
  };
}
