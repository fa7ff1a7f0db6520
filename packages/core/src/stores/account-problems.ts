import type { AccountBudget, AccountChanges, AccountLimit } from './account-store.js';
import { periodProblems } from './periods.js';
import { GLOBAL_SCOPE, SCOPE_KINDS, type Scope, scopeIdProblem } from './scope.js';

const COUNTED = ['requests', 'tokens', 'inputTokens', 'outputTokens', 'concurrentCalls'];

/** How far up parents are followed: a tree that is deeper is a mistake. */
export const DEEPEST_ACCOUNT = 16;

/** All that is wrong with what an account is to become, each as a sentence that begins with the field. */
export function accountProblems(scope: Scope, changes: AccountChanges): readonly string[] {
  const problems = scopeProblems('scope', scope);
  if (changes.parent) problems.push(...scopeProblems('parent', changes.parent));
  for (const [index, budget] of (changes.budgets ?? []).entries()) {
    problems.push(...budgetProblems(budget).map((problem) => `budgets[${index}].${problem}`));
  }
  for (const [index, limit] of (changes.limits ?? []).entries()) {
    problems.push(...limitProblems(limit).map((problem) => `limits[${index}].${problem}`));
  }
  return problems;
}

function scopeProblems(field: string, scope: Scope): string[] {
  if (!SCOPE_KINDS.includes(scope.kind)) {
    return [`${field}.kind: "${scope.kind}" is none of ${SCOPE_KINDS.join(', ')}.`];
  }
  const problem = scopeIdProblem(scope.id);
  if (problem !== undefined) return [`${field}.id: it ${problem}.`];
  if (scope.kind === 'global' && scope.id !== GLOBAL_SCOPE.id) return [`${field}.id: that of global is "*".`];
  return [];
}

function budgetProblems(budget: AccountBudget): string[] {
  const problems = [...periodProblems(budget)];
  if (!isAmount(budget.nanoUsd)) {
    problems.push('nanoUsd: use a whole number of nano-dollars from 0 to 2^53 - 1.');
  }
  if (budget.mode !== undefined && budget.mode !== 'hard' && budget.mode !== 'soft') {
    problems.push(`mode: "${String(budget.mode)}" is neither hard nor soft.`);
  }
  if ((budget.warnAt ?? []).some((share) => !(share > 0 && share <= 1))) {
    problems.push('warnAt: use shares above 0, up to 1.');
  }
  return problems;
}

function limitProblems(limit: AccountLimit): string[] {
  const problems = [...periodProblems(limit)];
  if (!COUNTED.includes(limit.of)) problems.push(`of: "${limit.of}" is none of ${COUNTED.join(', ')}.`);
  if (!isAmount(limit.max)) problems.push('max: use a whole number from 0 to 2^53 - 1.');
  if (limit.of === 'concurrentCalls' && limit.per !== 'total') {
    problems.push("per: calls at a time are counted without a period: use 'total'.");
  }
  return problems;
}

function isAmount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
