import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { describeType, invalid } from '../../encoding/read-fields.js';

/** Rejects what is not an array of objects with roles. */
export function checkMessages(messages: unknown): asserts messages is JsonObject[] {
  if (!Array.isArray(messages)) {
    throw invalid('messages', `"messages" must be an array of messages; found ${describeType(messages)}.`);
  }
  if (messages.length === 0) throw invalid('messages', '"messages" must hold at least one message; it is empty.');
  for (let index = 0; index < messages.length; index += 1) {
    const message: unknown = messages[index];
    if (!isJsonObject(message)) {
      throw invalid(`messages[${index}]`, `"messages[${index}]" must be an object; found ${describeType(message)}.`);
    }
    if (typeof message.role !== 'string') {
      throw invalid(
        `messages[${index}].role`,
        `"messages[${index}].role" must be a string; found ${describeType(message.role)}.`,
      );
    }
  }
}
