import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { resolve } from './native-schema.js';

/** A function's parameters as the wire takes them: an object at the root, without alternatives there. */
export function inputSchema(parameters: unknown, target: EncodeTarget): JsonObject {
  if (!isJsonObject(parameters)) return { type: 'object', properties: {} };
  const root = dereferenced(parameters);
  if (!ALTERNATIVES.some((keyword) => Array.isArray(root[keyword]))) {
    return root.type === 'object' ? root : { ...root, type: 'object', properties: root.properties ?? {} };
  }
  target.warn('Alternatives at the root of a schema were merged into one object: this wire takes none there.');
  return merged(root);
}

const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;

function dereferenced(schema: JsonObject): JsonObject {
  const { $ref: reference, ...rest } = schema;
  const found = typeof reference === 'string' ? resolve(schema, reference) : undefined;
  return isJsonObject(found) ? { ...found, ...rest } : schema;
}

function merged(root: JsonObject): JsonObject {
  const { anyOf, oneOf, allOf, ...base } = root;
  const properties: JsonObject = isJsonObject(base.properties) ? { ...base.properties } : {};
  const required = new Set(namesIn(base.required));
  for (const part of variants(allOf, root)) {
    Object.assign(properties, part.properties);
    for (const name of namesIn(part.required)) required.add(name);
  }
  for (const alternatives of [variants(anyOf, root), variants(oneOf, root)]) {
    for (const variant of alternatives) {
      for (const [name, property] of Object.entries(isJsonObject(variant.properties) ? variant.properties : {})) {
        properties[name] = Object.hasOwn(properties, name) ? either(properties[name], property) : property;
      }
    }
    const [first, ...others] = alternatives.map((variant) => namesIn(variant.required));
    for (const name of first ?? []) if (others.every((names) => names.includes(name))) required.add(name);
  }
  const { additionalProperties: _closed, ...open } = base;
  return { ...open, type: 'object', properties, ...(required.size > 0 ? { required: [...required] } : {}) };
}

function variants(list: unknown, root: JsonObject): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isJsonObject).map((variant) => {
    const found = typeof variant.$ref === 'string' ? resolve(root, variant.$ref) : undefined;
    return isJsonObject(found) ? found : variant;
  });
}

function namesIn(required: unknown): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

/** A property that two alternatives tell differently, such as the kind they are told apart by. */
function either(one: unknown, other: unknown): unknown {
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  const known =
    isJsonObject(one) && Array.isArray(one.anyOf) && Object.keys(one).length === 1 ? (one.anyOf as unknown[]) : [one];
  return { anyOf: [...known, other] };
}
