/** Deepest nesting of a large body. No real request comes near. */
export const MAX_JSON_DEPTH = 512;

/**
 * Shorter bodies are not looked at before they are parsed, in bytes: a usual request pays nothing, and what is too deep in
 * so small a one is found where it is read and written.
 */
export const SCANNED_BYTES = 64 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in this bit alone. */
const CASE = 0x20;
const OPENS = 0x7b;
const CLOSES = 0x7d;
/** Strings as long as this are left to the engine, which finds their end faster; a call of it costs as much as some steps. */
const SHORT = 48;

/**
 * Looks at the brackets of JSON in UTF-8, before it is parsed: 20 MB of `[` cost `JSON.parse` seconds, and this a moment.
 * `deep` is nested too deeply, `cut` ends before it is complete; `closed` may be valid or not. One pass that keeps nothing.
 */
export function scanBrackets(bytes: Uint8Array): 'closed' | 'cut' | 'deep' {
  let depth = 0;
  const end = bytes.length;
  for (let at = 0; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
      if (at < 0) return 'cut';
    } else if (byte > BACKSLASH - 2) {
      const folded = byte | CASE;
      if (folded === OPENS) {
        depth += 1;
        if (depth > MAX_JSON_DEPTH) return 'deep';
      } else if (folded === CLOSES) depth -= 1;
    }
  }
  return depth > 0 ? 'cut' : 'closed';
}

/** Where the quote is that ends a string; -1 where there is none. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; ) {
    for (const near = at + SHORT; at < near; ) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      at += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return -1;
    // It ends the string unless an odd number of backslashes stands before it. None before `at` counts.
    let slash = quote;
    while (slash > at && bytes[slash - 1] === BACKSLASH) slash -= 1;
    if ((quote - slash) % 2 === 0) return quote;
    at = quote + 1;
  }
  return -1;
}
