import type { OperationName } from '../operation.js';
import type { Principal } from '../principal.js';

/** Whether the principal may use a model group: named as it is, or by a prefix with a star; all of them where it names none. */
export function mayUseModel(principal: Principal, groupName: string): boolean {
  const { models } = principal;
  if (models === undefined) return true;
  for (const pattern of models) {
    if (pattern === groupName) return true;
    if (pattern.endsWith('*') && groupName.startsWith(pattern.slice(0, -1))) return true;
  }
  return false;
}

/** Whether the principal may ask for an operation: all of them where it names none. */
export function mayUseOperation(principal: Principal, operation: OperationName): boolean {
  return principal.operations === undefined || principal.operations.includes(operation);
}
