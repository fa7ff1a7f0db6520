import type { z } from 'zod';
import type { ConfigProblem } from '../settings/config-error.js';
import { didYouMean } from './nearest-name.js';
import { renamedKey } from './renamed-keys.js';

/**
 * What a schema does not allow in a value, as sentences with paths. Values are never shown, because they may be
 * secrets.
 */
export function checkShape(value: unknown, schema: z.ZodObject, path: string): ConfigProblem[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => problemsOf(issue, schema, path));
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, path: string): ConfigProblem[] {
  const at = joinPath(path, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: joinPath(at, [key]),
      message: `unknown key${hintFor(key, known)}. Known here: ${known.join(', ')}.`,
    }));
  }
  // `invalid_union` only says "Invalid input"; the branch that matched furthest says more.
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.filter((branch) => branch.length > 0);
    const telling = branches.find((branch) => branch.some((inner) => inner.path.length > 0)) ?? branches[0];
    return (telling ?? []).flatMap((inner) => problemsOf(inner, schema, at));
  }
  return [{ path: at, message: `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}.` }];
}

function hintFor(key: string, known: readonly string[]): string {
  const name = renamedKey(key, known);
  return name === undefined ? didYouMean(key, known) : ` (it is called "${name}" now)`;
}

/** `a.b[2].c` */
export function joinPath(base: string, rest: readonly PropertyKey[]): string {
  let path = base;
  for (const step of rest) {
    if (typeof step === 'number') path += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(String(step))) path += path === '' ? String(step) : `.${String(step)}`;
    else path += `[${JSON.stringify(String(step))}]`;
  }
  return path;
}

/** The keys that an object schema allows at a path; follows arrays, records and optionals. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: z.core.$ZodType | undefined = schema;
  for (const step of path) here = stepInto(open(here), step);
  const last = open(here);
  return last?._zod.def.type === 'object' ? Object.keys((last as z.ZodObject).shape) : [];
}

function stepInto(schema: z.core.$ZodType | undefined, step: PropertyKey): z.core.$ZodType | undefined {
  if (schema?._zod.def.type === 'object')
    return (schema as z.ZodObject).shape[String(step)] as z.core.$ZodType | undefined;
  if (schema?._zod.def.type === 'array') return (schema as z.ZodArray).element;
  return undefined;
}

function open(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema?._zod.def.type === 'optional') return open((schema as z.ZodOptional).unwrap());
  if (schema?._zod.def.type === 'union') {
    return ((schema as z.ZodUnion).options as z.core.$ZodType[]).find((option) => option._zod.def.type === 'object');
  }
  return schema;
}
