import { asGatewayError } from '../errors.js';
import type { Principal } from '../principal.js';
import { checkShape } from './check-shape.js';
import { budgetSchema, limitsSchema } from './config-schema.js';

/**
 * Checks what the host says of a caller, as strictly as the configuration: a mistyped limit would be no limit. Plans come from
 * databases, where no compiler sees them. Other fields than those of a principal are the host's own and are left alone. Throws
 * an `internal` failure: the client is told nothing, the log names the field.
 */
export function createPrincipalCheck(): (principal: Principal, from: string) => void {
  // Plans are usually the same objects for many callers.
  const checked = new WeakSet<object>();

  return (principal, from) => {
    const problem = problemOf(principal);
    if (problem !== undefined)
      throw asGatewayError(new TypeError(`${from} returned a principal that cannot be used: ${problem}`));
  };

  function problemOf(principal: Principal): string | undefined {
    if (typeof principal !== 'object' || principal === null) return 'it must be an object with an "id", or undefined.';
    const { id, team, organization, customer, keyId, tags, models, operations, limits, budget, metadata } = principal;
    if (typeof id !== 'string' || id === '') return '"id" must be a string that is not empty.';
    for (const [name, text] of Object.entries({ team, organization, customer, keyId })) {
      if (isGiven(text) && typeof text !== 'string') return `"${name}" must be a string.`;
    }
    for (const [name, list] of [
      ['tags', tags],
      ['models', models],
      ['operations', operations],
    ] as const) {
      if (isGiven(list) && !isListOfStrings(list)) return `"${name}" must be a list of strings.`;
    }
    if (isGiven(metadata) && typeof metadata !== 'object') return '"metadata" must be an object.';
    return shapeProblem(limits, limitsSchema, 'limits') ?? shapeProblem(budget, budgetSchema, 'budget');
  }

  function shapeProblem(
    value: unknown,
    schema: typeof limitsSchema | typeof budgetSchema,
    name: string,
  ): string | undefined {
    if (!isGiven(value)) return undefined;
    if (typeof value !== 'object') return `"${name}" must be an object.`;
    if (checked.has(value)) return undefined;
    const [first] = checkShape(value, schema, name);
    if (first !== undefined) return `${first.path}: ${first.message}`;
    checked.add(value);
    return undefined;
  }
}

/** JSON has null for what is absent. */
function isGiven<Value>(value: Value): value is NonNullable<Value> {
  return value !== undefined && value !== null;
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
