import { isJsonObject, type JsonObject } from '../encoding/json.js';

/**
 * Reasoning items of a response as a field of a chat message, byte for byte: no other vendor reads it there. Ids are
 * removed, because the upstream that issued them does not store the items.
 */
export function itemsAsFields(items: readonly JsonObject[]): JsonObject {
  const sealed = items
    .filter(({ encrypted_content: content }) => typeof content === 'string' && content !== '')
    .map(({ type, summary, encrypted_content }) => ({ type, summary: summary ?? [], encrypted_content }));
  return sealed.length === 0 ? {} : { provider_specific_fields: { reasoning_items: sealed } };
}

/** The items that a client sends back with the message they came in. */
export function itemsInChat(message: JsonObject): readonly JsonObject[] {
  const fields = message.provider_specific_fields;
  const items = isJsonObject(fields) ? fields.reasoning_items : undefined;
  return Array.isArray(items) ? (items as unknown[]).filter(isJsonObject) : [];
}
