import { isJsonObject, type JsonObject } from '../encoding/json.js';

/**
 * Anthropic's mark for its cache, from the first of these that has one, as a field of a chat message, part or tool.
 * Codecs of vendors that refuse it remove it.
 */
export function cacheMark(...holders: readonly JsonObject[]): JsonObject {
  const mark = holders.find(({ cache_control: one }) => isJsonObject(one))?.cache_control;
  return mark === undefined ? {} : { cache_control: mark };
}
