import { isObject } from '../answers/json-object.js';
import { type JsonObject, placesOf } from './json-places.js';
import type { ExampleOf, RuleExample } from './strict-rule.js';

/** The plain request as it is. */
export const plain: ExampleOf = (body) => ({ body });

/** The plain request with this at the first place that a pattern names, or in the first object that could have it. */
export function withField(pattern: string, value: unknown, others: Partial<RuleExample> = {}): ExampleOf {
  return (body) => ({ ...others, body: edited(body, pattern, value) });
}

/** The plain request with these at its top. `undefined` takes a field away. */
export function withTop(fields: JsonObject, others: Partial<RuleExample> = {}): ExampleOf {
  return (body) => ({ ...others, body: { ...body, ...fields } });
}

/** The plain request, sent otherwise: to another model, or with other headers. */
export function sentWith(others: Partial<RuleExample>): ExampleOf {
  return (body) => ({ body, ...others });
}

/** Both edits, one after the other. */
export function both(first: ExampleOf, second: ExampleOf): ExampleOf {
  return (body) => {
    const once = first(body);
    return { ...once, ...second(once.body) };
  };
}

function edited(body: JsonObject, pattern: string, value: unknown): JsonObject {
  const copy = structuredClone(body);
  const cut = pattern.lastIndexOf('.');
  const field = pattern.slice(cut + 1);
  const [holder] = placesOf(copy, cut === -1 ? '' : pattern.slice(0, cut));
  if (holder === undefined || !isObject(holder.value)) throw new Error(`The plain request has no ${pattern} to edit.`);
  const list = /^(.+)\[\]$/.exec(field);
  if (list?.[1] === undefined) holder.value[field] = value;
  else holder.value[list[1]] = [...((holder.value[list[1]] as unknown[] | undefined) ?? []), value];
  return copy;
}
