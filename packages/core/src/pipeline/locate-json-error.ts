/**
 * Where a text stops being JSON, as line and column from 1. The engine's own message may quote the text, and the text is a
 * prompt; so the place is found anew. Only called for texts that `JSON.parse` refused.
 */
export function locateJsonError(text: string): { line: number; column: number } {
  const at = offsetOfError(text);
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  let line = 1;
  for (let index = text.indexOf('\n'); index >= 0 && index < at; index = text.indexOf('\n', index + 1)) line += 1;
  return { line, column: at - lineStart + 1 };
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// RFC 8259 §7 forbids the control characters below U+0020 inside strings, and only those.
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;

function offsetOfError(text: string): number {
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  /** What closes each open bracket; no recursion, since the text may be nested without end. */
  const open: string[] = [];
  let expectsValue = true;
  for (;;) {
    skip(SPACE);
    const here = text[at];
    if (expectsValue) {
      if (here === '{' || here === '[') {
        at += 1;
        open.push(here === '{' ? '}' : ']');
        skip(SPACE);
        if (text[at] === open.at(-1)) {
          at += 1;
          open.pop();
          expectsValue = false;
        } else if (here === '{' && !key()) return at;
      } else if (skip(STRING) || skip(SCALAR)) expectsValue = false;
      else return at;
    } else if (open.length === 0) return at;
    else if (here === open.at(-1)) {
      at += 1;
      open.pop();
    } else if (here === ',') {
      at += 1;
      if (open.at(-1) === '}' && !key()) return at;
      expectsValue = true;
    } else return at;
  }

  function key(): boolean {
    skip(SPACE);
    if (!skip(STRING)) return false;
    skip(SPACE);
    if (text[at] !== ':') return false;
    at += 1;
    return true;
  }
}
