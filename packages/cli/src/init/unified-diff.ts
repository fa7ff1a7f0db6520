/**
 * The difference of two texts in the format of `diff -u` and git, with three lines of context; empty if there is
 * none.
 */
export function unifiedDiff(path: string, before: string | undefined, after: string): string {
  if (before === after) return '';
  const lines = compare(before === undefined ? [] : linesOf(before), linesOf(after));
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  return [`--- ${from}`, `+++ b/${path}`, ...hunksOf(lines)].join('\n');
}

interface Line {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

const AROUND = 3;
const NO_LINE_END = '\\ No newline at end of file';

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  else lines.push(`${lines.pop()}\n${NO_LINE_END}`);
  return lines;
}

/** The longest common lines stay; the files of apps are short enough for the simple algorithm. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  const common = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let a = before.length - 1; a >= 0; a -= 1) {
    const row = common[a] as Uint16Array; // as many rows as lines
    const below = common[a + 1] as Uint16Array;
    for (let b = after.length - 1; b >= 0; b -= 1) {
      row[b] = before[a] === after[b] ? (below[b + 1] ?? 0) + 1 : Math.max(below[b] ?? 0, row[b + 1] ?? 0);
    }
  }
  const lines: Line[] = [];
  let [a, b] = [0, 0];
  while (a < before.length || b < after.length) {
    const [old, fresh] = [before[a], after[b]];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: ' ', text: old });
      a += 1;
      b += 1;
    } else if (old !== undefined && (fresh === undefined || (common[a + 1]?.[b] ?? 0) >= (common[a]?.[b + 1] ?? 0))) {
      lines.push({ kind: '-', text: old });
      a += 1;
    } else {
      lines.push({ kind: '+', text: fresh ?? '' });
      b += 1;
    }
  }
  return lines;
}

function hunksOf(lines: readonly Line[]): readonly string[] {
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== ' '),
  );
  const output: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && shown[end] === shown[at]) end += 1;
    const part = lines.slice(at, end);
    const oldCount = part.filter(({ kind }) => kind !== '+').length;
    const newCount = part.filter(({ kind }) => kind !== '-').length;
    if (shown[at] === true) {
      output.push(`@@ -${range(oldLine, oldCount)} +${range(newLine, newCount)} @@`);
      output.push(...part.map(({ kind, text }) => `${kind}${text}`));
    }
    oldLine += oldCount;
    newLine += newCount;
    at = end;
  }
  return output;
}

/** For an empty range, the line before it is named. */
function range(line: number, count: number): string {
  return `${count === 0 ? line - 1 : line},${count}`;
}
