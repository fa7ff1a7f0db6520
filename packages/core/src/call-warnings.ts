/** Most warnings that are kept of one call. */
const MAX_WARNINGS = 50;
/** Longest warning, in UTF-16 units. */
const MAX_LENGTH = 300;

/**
 * What was dropped or could not be preserved of a call. Callers decide how many there are, and everything here is kept
 * until the record is written: each is kept once, shortened, and only the first fifty.
 */
export class CallWarnings {
  readonly #kept = new Set<string>();
  #more = 0;

  add(warning: string): void {
    const kept = shortened(warning, MAX_LENGTH);
    if (this.#kept.has(kept)) return;
    if (this.#kept.size < MAX_WARNINGS) this.#kept.add(kept);
    else this.#more += 1;
  }

  /** At most 51; the last one says how many were not kept. */
  list(): string[] {
    return this.#more === 0 ? [...this.#kept] : [...this.#kept, `and ${this.#more} more`];
  }
}

/** A text for a record, at most `length` UTF-16 units long. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
