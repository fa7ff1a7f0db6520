import type { Call } from '../call.js';
import { GatewayError } from '../errors.js';
import { mayUseModel } from '../identity/access.js';
import type { Operation } from '../operation.js';
import type { Principal } from '../principal.js';
import type { Account } from '../stores/account-store.js';

/**
 * A principal with the rights that all its accounts leave it: models and operations intersect down the tree. Throws `forbidden` with
 * code `account_blocked` if one of them is blocked.
 */
export function restrictedBy(principal: Principal, accounts: readonly Account[]): Principal {
  let { models, operations } = principal;
  for (const account of accounts) {
    if (account.isBlocked) throw accountBlocked(account);
    models = intersection(models, account.models, bothPatterns);
    operations = intersection(operations, account.operations, (one, other) => (one === other ? one : undefined));
  }
  if (models === principal.models && operations === principal.operations) return principal;
  return Object.freeze({ ...principal, models, operations });
}

/** Throws `forbidden` for a call that one of its accounts does not allow: tags and models have accounts, too. */
export function requireAllowed(call: Call<unknown, Operation>, account: Account): void {
  const { scope, models, operations, isBlocked } = account;
  if (isBlocked) throw accountBlocked(account);
  const { group, operation } = call;
  const isModelAllowed = models === undefined || group.name === '' || mayUseModel({ id: '', models }, group.name);
  if (isModelAllowed && operations?.includes(operation.name) !== false) return;
  const what = isModelAllowed ? `"${operation.name}"` : `the model "${group.name}"`;
  throw new GatewayError('forbidden', `Calls for this ${scope.kind} may not use ${what}.`);
}

function intersection(
  own: readonly string[] | undefined,
  others: readonly string[] | undefined,
  both: (one: string, other: string) => string | undefined,
): readonly string[] | undefined {
  if (own === undefined || others === undefined) return own ?? others;
  const shared = own.flatMap((one) =>
    others.map((other) => both(one, other)).filter((pattern) => pattern !== undefined),
  );
  return [...new Set(shared)];
}

/** What two patterns have in common: each is a name, or a prefix with a star at its end. */
function bothPatterns(one: string, other: string): string | undefined {
  if (covers(one, other)) return other;
  return covers(other, one) ? one : undefined;
}

function covers(pattern: string, other: string): boolean {
  if (pattern === other) return true;
  return pattern.endsWith('*') && other.startsWith(pattern.slice(0, -1));
}

function accountBlocked({ scope }: Account): GatewayError {
  return new GatewayError('forbidden', `Access is blocked for this ${scope.kind}. Ask the operator of this service.`, {
    code: 'account_blocked',
    detail: `The account of ${scope.kind} "${scope.id.slice(0, 100)}" is blocked.`,
  });
}
