import type { JsonObject } from '@portico/core';

/** The object without one of its fields; the same object if it has no such field. */
export function without(object: JsonObject, name: string): JsonObject {
  if (!(name in object)) return object;
  const { [name]: _, ...rest } = object;
  return rest;
}
