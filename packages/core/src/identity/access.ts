import type { OperationName } from '../operation.js';
import type { Principal } from '../principal.js';

/** Whether the principal may use a model group: by its name, or a prefix with a `*`; all of them if it names none. */
export function mayUseModel(principal: Principal, groupName: string): boolean {
  const { models } = principal;
  if (models === undefined) return true;
  for (const pattern of models) {
    if (pattern === groupName) return true;
    if (pattern.endsWith('*') && groupName.startsWith(pattern.slice(0, -1))) return true;
  }
  return false;
}

/** Whether the principal may use an operation: all of them if it names none. */
export function mayUseOperation(principal: Principal, operation: OperationName): boolean {
  return principal.operations === undefined || principal.operations.includes(operation);
}
