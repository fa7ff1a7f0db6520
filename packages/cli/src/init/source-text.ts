/** A source file, read without a parser: enough to find common statements. */
export interface SourceText {
  readonly text: string;
  /** The same, with comments and the contents of strings replaced by spaces. Every character keeps its position. */
  readonly bare: string;
  /** Local names, by what they are imported from: `session` → `express-session`. */
  readonly imports: ReadonlyMap<string, string>;
  /** After the last import or require at the top; 0 without any. */
  readonly importsEnd: number;
  readonly usesRequire: boolean;
}

export function readSource(text: string): SourceText {
  const bare = blank(text);
  const imports = new Map<string, string>();
  let importsEnd = 0;
  let usesRequire = false;
  for (const found of text.matchAll(IMPORT)) {
    if (bare.slice(found.index, found.index + 5).trim() === '') continue; // in a comment
    const { names = '', from = '' } = found.groups ?? {};
    for (const name of localNames(names)) imports.set(name, from);
    importsEnd = found.index + found[0].length;
  }
  for (const found of text.matchAll(REQUIRE)) {
    if (bare.slice(found.index, found.index + 5).trim() === '') continue;
    const { names = '', from = '' } = found.groups ?? {};
    for (const name of localNames(names)) imports.set(name, from);
    usesRequire ||= !text.slice(0, found.index).includes('createRequire');
    importsEnd = Math.max(importsEnd, endOfStatement(bare, found.index));
  }
  return { text, bare, imports, importsEnd, usesRequire: usesRequire && !/^import\s/m.test(bare) };
}

const IMPORT =
  /^import\s+(?!type\b)(?:(?<names>[^'";]+?)\s+from\s+)?['"](?<from>[^'"]+)['"][^\S\n]*(?:with\s*\{[^}]*\}[^\S\n]*)?;?/gm;
const REQUIRE = /^(?:const|let|var)\s+(?<names>\{[^}]*\}|\w+)\s*=\s*require\(\s*['"](?<from>[^'"]+)['"]\s*\)/gm;

/** `session`, `* as session`, `express, { json as parse }`. */
function localNames(names: string): readonly string[] {
  return names
    .split(/[{},]/)
    .map((name) => /(\w+)\s*$/.exec(name)?.[1] ?? '')
    .filter((name) => name !== '');
}

/** The end of a statement that begins at `start`: its semicolon, or the end of its line outside all brackets. */
export function endOfStatement(bare: string, start: number): number {
  let depth = 0;
  for (let at = start; at < bare.length; at += 1) {
    const character = bare.charAt(at);
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (depth === 0 && character === ';') return at + 1;
    else if (depth === 0 && character === '\n' && !/^\s*[.?]/.test(bare.slice(at + 1))) return at;
  }
  return bare.length;
}

/** The text inserted at a position, on lines of its own, with the indentation of the line before. */
export function insertLines(text: string, at: number, lines: readonly string[]): string {
  const lineStart = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? '';
  const lineEnd = at === 0 ? 0 : endOfLine(text, at);
  const inserted = lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n');
  if (at === 0) return `${inserted}\n${text}`;
  return `${text.slice(0, lineEnd)}\n${inserted}${text.slice(lineEnd)}`;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/**
 * Replaces comments and the contents of strings by spaces, in place. Regular expressions with quotes in them are read
 * as division.
 */
function blank(text: string): string {
  let result = '';
  let at = 0;
  const skipTo = (end: number): void => {
    result += text.slice(at, end).replaceAll(/[^\n]/g, ' ');
    at = end;
  };
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (two === '//') skipTo(indexOr(text, '\n', at));
    else if (two === '/*') skipTo(indexOr(text, '*/', at) + 2);
    else if (two[0] === "'" || two[0] === '"' || two[0] === '`') {
      const end = endOfString(text, at);
      result += text.charAt(at);
      at += 1;
      skipTo(Math.max(at, end - 1));
      result += text.slice(at, end);
      at = end;
    } else {
      result += text.charAt(at);
      at += 1;
    }
  }
  return result;
}

function endOfString(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === quote) return at + 1;
    else if (character === '\n' && quote !== '`') return at;
  }
  return text.length;
}

function indexOr(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found < 0 ? text.length : found;
}
