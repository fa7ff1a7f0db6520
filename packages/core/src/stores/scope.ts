/**
 * What a call may be counted under. `customer` is the host's end customer, `model` a model group, `global` everything
 * that passes the gateway.
 */
export const SCOPE_KINDS = ['organization', 'team', 'user', 'key', 'customer', 'tag', 'model', 'global'] as const;

export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** One thing that calls are counted under: `{ kind: 'team', id: 'search' }`. The id of `global` is always `*`. */
export interface Scope {
  readonly kind: ScopeKind;
  /** Compared as it is, character by character; 1 to {@link LONGEST_SCOPE_ID} characters, without NUL. */
  readonly id: string;
}

/** Everything that passes the gateway. */
export const GLOBAL_SCOPE: Scope = Object.freeze({ kind: 'global', id: '*' });

/** Characters (UTF-16 units). Longer ids do not fit into the index of a database. */
export const LONGEST_SCOPE_ID = 512;

/** One text for one scope, for maps. A kind holds no colon, so no id can be mistaken for another scope. */
export function scopeKey({ kind, id }: Scope): string {
  return `${kind}:${id}`;
}

/** What is wrong with an id, as the end of a sentence; undefined where nothing is. */
export function scopeIdProblem(id: unknown): string | undefined {
  if (typeof id !== 'string') return 'is not a text';
  if (id.length === 0) return 'is empty';
  if (id.length > LONGEST_SCOPE_ID) return `has ${id.length} characters: ${LONGEST_SCOPE_ID} are the most`;
  // Databases refuse the first, and replace the second, which would make one of two ids.
  if (id.includes('\0')) return 'holds a NUL character';
  if (/\p{Surrogate}/u.test(id)) return 'holds half of a surrogate pair';
  return undefined;
}
