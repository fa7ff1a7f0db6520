import type { UsageSum } from './sum-usage.js';

const BAR_WIDTH = 20;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Highlights text on a terminal; leaves it unchanged elsewhere. */
export interface Paint {
  bold(text: string): string;
  faint(text: string): string;
  bar(text: string): string;
}

export function paintFor(colours: boolean): Paint {
  const paint = (code: number) => (text: string) => (colours && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), faint: paint(2), bar: paint(36) };
}

/** Dollars to the nano-dollar: `$0.000123456`. */
export function dollars(nanoUsd: bigint): string {
  const text = nanoUsd.toString().padStart(10, '0');
  return `$${text.slice(0, -9)}.${text.slice(-9)}`;
}

/** A table of sums, with a bar that compares each cost with the highest. */
export function usageTable(heading: string, sums: readonly UsageSum[], paint: Paint): string {
  const rows = sums.map((sum) => [
    sum.name,
    String(sum.calls),
    sum.failed === 0 ? '' : String(sum.failed),
    sum.inputTokens.toLocaleString('en'),
    sum.outputTokens.toLocaleString('en'),
    dollars(sum.nanoUsd) + (sum.unpriced === 0 ? ' ' : '+'),
  ]);
  const head = [heading, 'calls', 'failed', 'tokens in', 'tokens out', 'cost '];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  let dearest = 0n;
  for (const { nanoUsd } of sums) if (nanoUsd > dearest) dearest = nanoUsd;
  const lines = rows.map((row, index) => {
    const bar = barOf(sums[index]?.nanoUsd ?? 0n, dearest);
    return `${line(row)} ${paint.bar(bar)}`.trimEnd();
  });
  return [paint.bold(line(head).trimEnd()), ...lines].join('\n');
}

function barOf(part: bigint, whole: bigint): string {
  if (whole === 0n) return '';
  const eighths = Number((part * BigInt(BAR_WIDTH * 8)) / whole);
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
