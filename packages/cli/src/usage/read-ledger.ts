import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type UsageRecord, withErrorListener } from '@portico/core';

/** What the file of a ledger holds. */
export interface LedgerReading {
  /** Lines that are not records: for example cut off when a disk was full. */
  broken: number;
  /** Records that were written a second time. */
  repeated: number;
}

/** The records of a ledger file, without duplicates. `found` is complete afterwards. */
export async function* readLedger(path: string, found: LedgerReading): AsyncIterable<UsageRecord> {
  const seen = new Set<string>();
  // The iteration rejects with what the file reports.
  const input = withErrorListener(createReadStream(path));
  for await (const line of withErrorListener(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))) {
    if (line === '') continue;
    const record = recordOf(line);
    if (record === undefined) found.broken += 1;
    else if (seen.has(record.id)) found.repeated += 1;
    else {
      seen.add(record.id);
      yield record;
    }
  }
}

function recordOf(line: string): UsageRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<UsageRecord> | null;
    if (typeof value?.id !== 'string' || typeof value.startedAt !== 'number') return undefined;
    if (typeof value.principal?.id !== 'string' || typeof value.usage !== 'object') return undefined;
    return value as UsageRecord; // lines with these fields were written by this program
  } catch {
    return undefined;
  }
}
