import { isJsonObject, type JsonObject } from '../json.js';
import { invalid, kindOf } from './read-fields.js';

/** Refuses what is no conversation: an array of objects with roles. */
export function checkMessages(messages: unknown): asserts messages is JsonObject[] {
  if (!Array.isArray(messages)) {
    throw invalid('messages', `"messages" must be an array of messages; found ${kindOf(messages)}.`);
  }
  if (messages.length === 0) throw invalid('messages', '"messages" must hold at least one message; it is empty.');
  for (let index = 0; index < messages.length; index += 1) {
    const message: unknown = messages[index];
    if (!isJsonObject(message)) {
      throw invalid(`messages[${index}]`, `"messages[${index}]" must be an object; found ${kindOf(message)}.`);
    }
    if (typeof message.role !== 'string') {
      throw invalid(
        `messages[${index}].role`,
        `"messages[${index}].role" must be a string; found ${kindOf(message.role)}.`,
      );
    }
  }
}
