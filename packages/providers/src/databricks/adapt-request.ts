import { isJsonObject, type JsonObject } from '@portico/core';
import { without } from '../shared/without.js';

/** Claude's signed thoughts are sent back as the content parts in which they came; others are not sent. */
export function adaptDatabricksRequest(body: JsonObject): void {
  if (!Array.isArray(body.messages)) return;
  body.messages = (body.messages as unknown[]).map((message) =>
    isJsonObject(message) && message.role === 'assistant' ? assistantMessage(message) : message,
  );
}

function assistantMessage(message: JsonObject): JsonObject {
  const { thinking_blocks: blocks, content } = message;
  const told = ['thinking_blocks', 'reasoning_content'].reduce(without, message);
  const signed = (Array.isArray(blocks) ? (blocks as unknown[]) : []).filter(isJsonObject).flatMap((block) => {
    const { thinking, signature } = block;
    if (typeof signature !== 'string') return [];
    return [{ type: 'reasoning', summary: [{ type: 'summary_text', text: thinking, signature }] }];
  });
  if (signed.length === 0) return told;
  const rest = Array.isArray(content) ? (content as unknown[]) : [{ type: 'text', text: content }];
  return {
    ...told,
    content: [...signed, ...rest.filter((part) => isJsonObject(part) && part.text !== '' && part.text !== null)],
  };
}
