/** Ids of tool calls as the wire takes them: letters, digits, `_` and `-` only, and none twice in a conversation. */
export interface ToolIds {
  /** The wire's id of a call. Results that follow for the same client's id belong to it. */
  call(clientId: string): string;
  /** The wire's id of the latest call with this client's id; undefined where there was none. */
  result(clientId: string): string | undefined;
}

/**
 * Clients of one conversation may bring ids of several vendors, and some vendors count from zero in every turn. `spell`
 * makes an id of the vendor's alphabet and length out of a client's.
 */
export function toolIds(spell: (clientId: string) => string = plainId): ToolIds {
  const latest = new Map<string, string>();
  const taken = new Set<string>();
  // Where the search for a free number begins; without it, a chat of many equal ids would take quadratic time.
  const copies = new Map<string, number>();
  return {
    call(clientId) {
      const plain = spell(clientId);
      let copy = copies.get(plain) ?? 1;
      let id = copy === 1 ? plain : `${plain}_${copy}`;
      while (taken.has(id)) {
        copy += 1;
        id = `${plain}_${copy}`;
      }
      copies.set(plain, copy);
      taken.add(id);
      latest.set(clientId, id);
      return id;
    },
    result: (clientId) => latest.get(clientId),
  };
}

// Gemini's thought signatures travel in the id behind this mark; one vendor's signatures are nothing for another (R-XL-1).
const SIGNATURE_MARK = '__thought__';

/** Letters, digits, `_` and `-`. */
export function plainId(clientId: string): string {
  const [own = ''] = clientId.split(SIGNATURE_MARK, 1);
  return own.replaceAll(/[^a-zA-Z0-9_-]/g, '_') || 'call';
}
