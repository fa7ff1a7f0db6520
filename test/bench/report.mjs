import { verdictOf } from './verdict.mjs';

export function printScenario({ title, head, rows, warning }) {
  console.log(`\n${title}\n${aligned([head, ...rows.map((row) => row.map(shown))])}`);
  if (warning !== undefined) console.log(`  ${warning}`);
}

export function printVerdict(checks) {
  console.log(`\nWhat was promised\n${aligned(verdictTable(checks))}`);
}

/** The same tables for a README. */
export function markdownOf(results) {
  const tables = results.flatMap(({ title, head, rows }) => [
    `**${title}**`,
    markdownTable(
      head,
      rows.map((row) => row.map(shown)),
    ),
  ]);
  const [head, ...rows] = verdictTable(results.flatMap(({ checks }) => checks));
  return [...tables, '**What was promised**', markdownTable(head, rows)].join('\n\n');
}

function verdictTable(checks) {
  const rows = checks.map((check) => [
    check.claim,
    check.value === undefined ? '-' : `${shown(check.value)} ${check.unit}`,
    check.min === undefined ? '' : `${shown(check.min)}–${shown(check.max)}`,
    check.limit === undefined ? '' : `≤ ${check.limit}`,
    check.goal === undefined ? '' : `≤ ${check.goal}`,
    verdictOf(check),
  ]);
  return [['claim', 'measured', 'min–max', 'target', 'goal', 'verdict'], ...rows];
}

function aligned(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
    )
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

function shown(cell) {
  if (typeof cell !== 'number') return cell;
  if (Number.isInteger(cell)) return String(cell);
  return Math.abs(cell) >= 100 ? cell.toFixed(0) : cell.toFixed(Math.abs(cell) >= 10 ? 1 : 2);
}
