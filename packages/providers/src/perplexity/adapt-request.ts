import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * Perplexity rejects two messages in a row with one role after its instructions
 * (https://docs.perplexity.ai/guides/chat-completions-guide); they are joined.
 */
export function adaptPerplexityRequest(body: JsonObject): void {
  if (!Array.isArray(body.messages)) return;
  const messages: unknown[] = [];
  for (const message of body.messages as unknown[]) {
    const last = messages.at(-1);
    const merged = isJsonObject(message) && isJsonObject(last) ? joined(last, message) : undefined;
    if (merged === undefined) messages.push(message);
    else messages[messages.length - 1] = merged;
  }
  body.messages = messages;
}

function joined(first: JsonObject, second: JsonObject): JsonObject | undefined {
  if (first.role !== second.role || (first.role !== 'user' && first.role !== 'assistant')) return undefined;
  const [before, after] = [first.content, second.content];
  if (typeof before === 'string' && typeof after === 'string') return { ...first, content: `${before}\n\n${after}` };
  return { ...first, content: [...partsOf(before), ...partsOf(after)] };
}

function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : [];
}
