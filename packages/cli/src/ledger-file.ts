import { closeSync, openSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { Sink, UsageRecord } from '@portico/core';

/** One write to the file holds about as much, in UTF-16 units. */
const MAX_WRITE_LENGTH = 1024 * 1024;

/**
 * Writes usage records to a file, one line of JSON each. Readers must use their ids, because a failed batch is
 * written again. Throws if the file cannot be written.
 */
export function ledgerFile(path: string): Sink {
  closeSync(openSync(path, 'a', 0o600));
  // A failed write may have left half a line.
  let lineMayBeOpen = true;

  async function write(lines: string): Promise<void> {
    const start = lineMayBeOpen ? '\n' : '';
    lineMayBeOpen = true;
    await appendFile(path, start + lines);
    lineMayBeOpen = false;
  }

  return {
    name: 'ledger',
    async record(batch) {
      let lines = '';
      for (const record of batch) {
        lines += `${JSON.stringify(record satisfies UsageRecord)}\n`;
        if (lines.length < MAX_WRITE_LENGTH) continue;
        await write(lines);
        lines = '';
      }
      if (lines !== '') await write(lines);
    },
  };
}
