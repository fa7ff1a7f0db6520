import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { resolveReference } from './resolve-reference.js';

/** A function's parameters in the format of the API: an object at the root, without alternatives there. */
export function objectSchema(parameters: unknown, target: EncodeTarget): JsonObject {
  if (!isJsonObject(parameters)) return { type: 'object', properties: {} };
  const root = dereferenced(parameters);
  if (!ALTERNATIVES.some((keyword) => Array.isArray(root[keyword]))) {
    return root.type === 'object' ? root : { ...root, type: 'object', properties: root.properties ?? {} };
  }
  target.warn('Alternatives at the root of a schema were merged into one object: this API does not accept them there.');
  return merged(root);
}

const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;

function dereferenced(schema: JsonObject): JsonObject {
  const { $ref: reference, ...rest } = schema;
  const found = typeof reference === 'string' ? resolveReference(schema, reference) : undefined;
  return isJsonObject(found) ? { ...found, ...rest } : schema;
}

function merged(root: JsonObject): JsonObject {
  const { anyOf, oneOf, allOf, additionalProperties: _closed, ...base } = root;
  const properties: JsonObject = isJsonObject(base.properties) ? { ...base.properties } : {};
  const required = new Set(namesIn(base.required));
  for (const part of variants(allOf, root)) {
    Object.assign(properties, part.properties);
    for (const name of namesIn(part.required)) required.add(name);
  }
  for (const alternatives of [variants(anyOf, root), variants(oneOf, root)]) {
    mergeProperties(properties, alternatives);
    for (const name of inAll(alternatives.map((variant) => namesIn(variant.required)))) required.add(name);
  }
  return { ...base, type: 'object', properties, ...(required.size > 0 ? { required: [...required] } : {}) };
}

/** If alternatives define a property differently, such as a discriminator, each of its forms is allowed. */
function mergeProperties(properties: JsonObject, alternatives: readonly JsonObject[]): void {
  const forms = new Map(
    Object.entries(properties).map(([name, form]) => [name, new Map([[JSON.stringify(form), form]])]),
  );
  for (const { properties: own } of alternatives) {
    for (const [name, form] of Object.entries(isJsonObject(own) ? own : {})) {
      const known = forms.get(name) ?? new Map<string, unknown>();
      forms.set(name, known.set(JSON.stringify(form), form));
    }
  }
  for (const [name, known] of forms) {
    const [first, ...others] = known.values();
    properties[name] = others.length === 0 ? first : { anyOf: [first, ...others] };
  }
}

function inAll(lists: readonly string[][]): string[] {
  const counts = new Map<string, number>();
  for (const name of lists.flatMap((list) => [...new Set(list)])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].filter(([, count]) => count === lists.length).map(([name]) => name);
}

function variants(list: unknown, root: JsonObject): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isJsonObject).map((variant) => {
    const found = typeof variant.$ref === 'string' ? resolveReference(root, variant.$ref) : undefined;
    return isJsonObject(found) ? found : variant;
  });
}

function namesIn(required: unknown): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}
