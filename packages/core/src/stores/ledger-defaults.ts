import { GLOBAL_SCOPE, type Scope } from './scope.js';
import type { LedgerRecord } from './usage-store.js';

/** What a record counts under: its own scopes, or those its principal says. `global` is always among them, each once. */
export function scopesOfRecord(record: LedgerRecord): readonly Scope[] {
  const { principal, requestedModel } = record;
  const scopes: Scope[] = record.scopes === undefined ? [{ kind: 'user', id: principal.id }] : [...record.scopes];
  if (record.scopes === undefined) {
    if (principal.team !== undefined) scopes.push({ kind: 'team', id: principal.team });
    for (const id of principal.tags ?? []) scopes.push({ kind: 'tag', id });
  }
  if (!scopes.some(({ kind }) => kind === 'model')) scopes.push({ kind: 'model', id: requestedModel });
  scopes.push(GLOBAL_SCOPE);
  const seen = new Set<string>();
  return scopes.filter(({ kind, id }) => {
    const key = `${kind}:${id}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** How sums by prompt name a version of one; undefined for a call without a prompt. */
export function promptOfRecord({ prompt, promptVersion }: LedgerRecord): string | undefined {
  if (prompt === undefined) return undefined;
  return promptVersion === undefined ? prompt : `${prompt}@${promptVersion}`;
}

/** The day of UTC in which a call started: `2026-03-01`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
