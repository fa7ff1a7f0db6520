import type { Call } from '../call.js';
import type { Operation } from '../operation.js';
import type { Principal } from '../principal.js';
import { GLOBAL_SCOPE, type Scope, type ScopeKind, scopeIdProblem, scopeKey } from '../stores/scope.js';

/** What all calls of a principal are counted under, without its tags: its key first, then upwards. */
export function scopesOfPrincipal({ id, keyId, team, organization, customer }: Principal): Scope[] {
  const scopes: Scope[] = [];
  if (keyId !== undefined) scopes.push({ kind: 'key', id: keyId });
  // A key without a user stands for itself.
  if (id !== keyId) scopes.push({ kind: 'user', id });
  if (team !== undefined) scopes.push({ kind: 'team', id: team });
  if (organization !== undefined) scopes.push({ kind: 'organization', id: organization });
  if (customer !== undefined) scopes.push({ kind: 'customer', id: customer });
  scopes.push(GLOBAL_SCOPE);
  return scopes.filter(isCountable);
}

/** What a call is counted under besides: the model group that was asked for, and its tags. */
export function scopesOfContent(model: string, tags: readonly string[]): Scope[] {
  const scopes: Scope[] = tags.map((id) => ({ kind: 'tag', id }));
  if (model !== '') scopes.push({ kind: 'model', id: model });
  return scopes.filter(isCountable);
}

/** All that a call was counted under: also the accounts above those that its principal names. */
export function scopesOfRecordedCall(call: Call<unknown, Operation>): Scope[] {
  const scopes = new Map<string, Scope>();
  const kinds = new Set<ScopeKind>();
  const named = [...scopesOfPrincipal(call.principal), ...scopesOfContent(call.group.name, call.tags)];
  for (const scope of [...named, ...call.accounts.map((account) => account.scope)]) {
    const key = scopeKey(scope);
    // Of all kinds but tags there is one: the nearest.
    if (scopes.has(key) || (scope.kind !== 'tag' && kinds.has(scope.kind))) continue;
    kinds.add(scope.kind);
    scopes.set(key, scope);
  }
  return [...scopes.values()];
}

/** An id that no store can keep has no account, and no sum in the ledger. */
function isCountable({ id }: Scope): boolean {
  return scopeIdProblem(id) === undefined;
}
