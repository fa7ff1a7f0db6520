/**
 * Document names in the format of Converse: letters, digits, single spaces, hyphens, round and square brackets, and
 * unique in a request.
 */
export class DocumentNames {
  readonly #taken = new Set<string>();
  /** How often a name was wanted: many documents of one name do not count from two each. */
  readonly #copies = new Map<string, number>();

  nameOf(given: unknown): string {
    const plain =
      (typeof given === 'string' ? given : '')
        .replace(/\.[a-z0-9]{2,5}$/i, '')
        .replaceAll(/[^A-Za-z0-9\-()[\]]+/g, ' ')
        .trim()
        .slice(0, LONGEST)
        .trim() || 'document';
    let name = plain;
    let copy = this.#copies.get(plain) ?? 1;
    // Where a document is really called "report 2", the next number is taken.
    while (this.#taken.has(name)) {
      copy += 1;
      name = `${plain} ${copy}`;
    }
    this.#copies.set(plain, copy);
    this.#taken.add(name);
    return name;
  }
}

const LONGEST = 190;
