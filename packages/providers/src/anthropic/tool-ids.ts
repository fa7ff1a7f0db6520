/** Ids of tool calls in the format of the API: letters, digits, `_` and `-` only, and unique in a conversation. */
export interface ToolIds {
  /** The API's id of a call. Later results for the same client id belong to it. */
  call(clientId: string): string;
  /** The API's id of the latest call with this client id; undefined if there was none. */
  result(clientId: string): string | undefined;
}

/**
 * Clients may have ids of several vendors in one conversation, and some vendors count from zero in every turn.
 * `spell` converts a client's id to the vendor's alphabet and length.
 */
export function toolIds(spell: (clientId: string) => string = plainId): ToolIds {
  const latest = new Map<string, string>();
  const taken = new Set<string>();
  // Where the search for a free number begins; without it, a chat with many equal ids would take quadratic time.
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

// Gemini's thought signatures are in the id behind this mark; other vendors cannot use them (R-XL-1).
const SIGNATURE_MARK = '__thought__';

/** Letters, digits, `_` and `-`. */
export function plainId(clientId: string): string {
  const [own = ''] = clientId.split(SIGNATURE_MARK, 1);
  return own.replaceAll(/[^a-zA-Z0-9_-]/g, '_') || 'call';
}
