/** Longer texts are not searched for the place, in UTF-16 units: nobody finds a column there. */
export const LONGEST_LOCATED = 1024 * 1024;

/**
 * Where a text stops being JSON, as line and column from 1. The engine's own message may quote the text, and the text is a
 * prompt; so the place is found anew. Only called for texts that `JSON.parse` refused. One pass by hand: a regular
 * expression over a long string overflows the engine's stack.
 */
export function locateJsonError(text: string): { line: number; column: number } {
  const at = new Scan(text).offsetOfError();
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  let line = 1;
  for (let index = text.indexOf('\n'); index >= 0 && index < at; index = text.indexOf('\n', index + 1)) line += 1;
  return { line, column: at - lineStart + 1 };
}

const WORDS = ['true', 'false', 'null'];

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  offsetOfError(): number {
    /** The closing characters of all open brackets; no recursion, because the text may be nested very deeply. */
    const open: string[] = [];
    let expectsValue = true;
    for (;;) {
      this.#space();
      const here = this.#text[this.#at];
      if (expectsValue) {
        if (here === '{' || here === '[') {
          this.#at += 1;
          open.push(here === '{' ? '}' : ']');
          this.#space();
          if (this.#take(open.at(-1))) {
            open.pop();
            expectsValue = false;
          } else if (here === '{' && !this.#key()) return this.#at;
        } else if (this.#string() || this.#scalar()) expectsValue = false;
        else return this.#at;
      } else if (open.length > 0 && this.#take(open.at(-1))) open.pop();
      else if (open.length > 0 && this.#take(',')) {
        if (open.at(-1) === '}' && !this.#key()) return this.#at;
        expectsValue = true;
      } else return this.#at;
    }
  }

  #take(ownerTag: string | undefined): boolean {
    if (ownerTag === undefined || this.#text[this.#at] !== ownerTag) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #key(): boolean {
    this.#space();
    if (!this.#string()) return false;
    this.#space();
    return this.#take(':');
  }

  /** A whole string; else nothing is taken. */
  #string(): boolean {
    if (this.#text[this.#at] !== '"') return false;
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const unit = this.#text.charCodeAt(at);
      if (unit === 0x22) {
        this.#at = at + 1;
        return true;
      }
      // RFC 8259 §7 forbids the control characters below U+0020 inside strings, and only those.
      if (unit < 0x20) return false;
      if (unit === 0x5c) {
        at += 1;
        if (this.#text[at] === 'u' && this.#hexDigits(at + 1)) at += 4;
        else if (!ESCAPED.has(this.#text[at])) return false;
      }
    }
    return false;
  }

  #hexDigits(from: number): boolean {
    for (let at = from; at < from + 4; at += 1) if (!HEX.has(this.#text[at])) return false;
    return true;
  }

  #scalar(): boolean {
    const word = WORDS.find((each) => this.#text.startsWith(each, this.#at));
    if (word !== undefined) {
      this.#at += word.length;
      return true;
    }
    const start = this.#at;
    this.#take('-');
    if (!this.#take('0') && !this.#digits()) {
      this.#at = start;
      return false;
    }
    this.#optional(() => this.#take('.') && this.#digits());
    this.#optional(
      () => (this.#take('e') || this.#take('E')) && (this.#take('+') || this.#take('-') || true) && this.#digits(),
    );
    return true;
  }

  #optional(part: () => boolean): void {
    const before = this.#at;
    if (!part()) this.#at = before;
  }

  #digits(): boolean {
    const before = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#at > before;
  }
}

const ESCAPED: ReadonlySet<string | undefined> = new Set('"\\/bfnrt');
const HEX: ReadonlySet<string | undefined> = new Set('0123456789abcdefABCDEF');

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
