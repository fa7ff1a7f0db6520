import type { Options } from '../run.js';
import type { Terminal } from '../terminal.js';
import { paintFor } from '../usage/usage-table.js';

export interface TableOptions {
  readonly options: Options;
  readonly terminal: Terminal;
  /** What is said where there are no rows. */
  readonly none: string;
}

/** Rows as a table for people, with `--json` as one object a line, with `--csv` as RFC 4180 says. Empty columns are left out. */
export function printTable<Row extends object>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => string | number | undefined>>,
  { options, terminal, none }: TableOptions,
): void {
  if (options.json === true) {
    for (const row of rows) terminal.out(JSON.stringify(row));
    return;
  }
  const names = Object.keys(columns);
  const cells = rows.map((row) => Object.values(columns).map((cell) => String(cell(row) ?? '')));
  if (options.csv === true) {
    terminal.out([names, ...cells].map((line) => line.map(csvCell).join(',')).join('\n'));
    return;
  }
  if (rows.length === 0) return terminal.out(none);
  const used = names.map((_, column) => cells.some((line) => line[column] !== ''));
  const widths = names.map((name, column) => Math.max(name.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const isNumber = names.map((_, column) => cells.every((line) => /^[$\d.,%+-]*$/.test(line[column] ?? '')));
  const line = (given: readonly string[]) =>
    given
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .filter((_, column) => used[column])
      .join('  ')
      .trimEnd();
  terminal.out([paintFor(terminal.colours).bold(line(names)), ...cells.map(line)].join('\n'));
}

/** A cell that a spreadsheet would take for a formula is text. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
