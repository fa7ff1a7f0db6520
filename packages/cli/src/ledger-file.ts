import { closeSync, openSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { Sink, UsageRecord } from '@portico/core';

/**
 * Writes usage records to a file, one line of JSON each. Readers must use their ids, because a failed batch is
 * written again. Throws if the file cannot be written.
 */
export function ledgerFile(path: string): Sink {
  closeSync(openSync(path, 'a', 0o600));
  // A failed write may have left half a line.
  let lineMayBeOpen = true;
  return {
    name: 'ledger',
    async record(batch) {
      const lines = batch.map((record) => `${JSON.stringify(record satisfies UsageRecord)}\n`).join('');
      const start = lineMayBeOpen ? '\n' : '';
      lineMayBeOpen = true;
      await appendFile(path, start + lines);
      lineMayBeOpen = false;
    },
  };
}
