import { resolve } from 'node:path';
import { nearestWord } from '@portico/config';
import type { Terminal } from '../terminal.js';
import { type LedgerReading, readLedger } from './read-ledger.js';
import { GROUPINGS, type Grouping, UsageSums } from './sum-usage.js';
import { dollars, paintFor, usageTable } from './usage-table.js';

const USUAL: readonly Grouping[] = ['model', 'principal', 'day'];

/** `portico usage FILE`: the sums of a ledger. */
export async function showUsage(file: string | undefined, by: string | undefined, terminal: Terminal): Promise<number> {
  const known = Object.keys(GROUPINGS);
  const wanted = by?.split(',') ?? USUAL;
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestWord(unknown, known);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    terminal.error(`Usage cannot be grouped by "${unknown}". Available: ${known.join(', ')}.${hint}`);
    return 2;
  }
  if (file === undefined) {
    terminal.error('Name the ledger: portico usage usage.jsonl. "portico --ledger usage.jsonl" writes it.');
    return 2;
  }
  const groupings = wanted as readonly Grouping[]; // each was looked for
  const sums = new UsageSums(groupings);
  const found: LedgerReading = { broken: 0, repeated: 0 };
  try {
    for await (const record of readLedger(resolve(terminal.folder, file), found)) sums.add(record);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    terminal.error(code === 'ENOENT' ? `The file ${file} does not exist.` : `${file} cannot be read: ${message}`);
    return 1;
  }

  const paint = paintFor(terminal.colours);
  if (sums.total.calls === 0) terminal.out(`${file} contains no calls yet.`);
  else {
    for (const grouping of groupings) terminal.out(`${usageTable(grouping, sums.of(grouping), paint)}\n`);
    const { calls, nanoUsd, unpriced } = sums.total;
    terminal.out(paint.bold(`${calls} calls, ${dollars(nanoUsd)}`));
    if (unpriced > 0)
      terminal.out(paint.faint(`+ calls without a known price: ${unpriced}. Set the "price" of their models.`));
  }
  if (found.repeated > 0) terminal.out(paint.faint(`Duplicate records, counted once: ${found.repeated}.`));
  if (found.broken > 0) terminal.out(paint.faint(`Lines that are not records: ${found.broken}.`));
  return 0;
}
