import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';

/** The arguments of a call as an object, for APIs that require one. */
export function callArguments(text: unknown, target: EncodeTarget): JsonObject {
  if (isJsonObject(text)) return text;
  if (typeof text !== 'string' || text.trim() === '') return {};
  try {
    const args: unknown = JSON.parse(text);
    if (isJsonObject(args)) return args;
  } catch {
    // What a model broke off is still what it said; the wire only takes it inside an object.
  }
  target.warn('Arguments of an earlier tool call were not a JSON object; they are sent as text inside one.');
  return { arguments: text };
}
