import { isJsonObject, type JsonObject } from '@portico/core';
import { joined } from '../shared/message-order.js';

/**
 * Perplexity rejects two messages in a row with one role after its instructions
 * (https://docs.perplexity.ai/guides/chat-completions-guide); they are joined. It has no tools: earlier calls and their
 * results become text.
 */
export function adaptPerplexityRequest(body: JsonObject): void {
  if (!Array.isArray(body.messages)) return;
  const messages: unknown[] = [];
  for (const message of (body.messages as unknown[]).map(withoutTools)) {
    const last = messages.at(-1);
    const merged = isJsonObject(message) && isJsonObject(last) ? merge(last, message) : undefined;
    if (merged === undefined) messages.push(message);
    else messages[messages.length - 1] = merged;
  }
  body.messages = messages;
}

function merge(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const isSame = first.role === second.role && (first.role === 'user' || first.role === 'assistant');
  return isSame ? joined(first, second) : undefined;
}

/** A call and its result as text: the API knows neither. */
function withoutTools(message: unknown): unknown {
  if (!isJsonObject(message)) return message;
  if (message.role === 'tool' || message.role === 'function') {
    const result = { role: 'user', content: 'The result of the tool:' };
    return joined(result, { role: 'user', content: message.content ?? '' });
  }
  const { tool_calls: calls, ...said } = message;
  if (!Array.isArray(calls)) return message;
  const told = (calls as unknown[]).filter(isJsonObject).map(({ function: called }) => {
    const { name, arguments: given } = isJsonObject(called) ? called : ({} as JsonObject);
    return `I call the tool "${String(name)}" with ${String(given)}.`;
  });
  const content = told.join('\n');
  return said.content ? joined(said, { role: 'assistant', content }) : { ...said, content };
}
