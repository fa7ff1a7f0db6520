import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { without } from '../shared/without.js';

/**
 * DeepSeek requires its thoughts back if they led to calls, and rejects them elsewhere
 * (https://api-docs.deepseek.com/guides/thinking_mode). If a client lost them, its models that always think accept an
 * empty text instead.
 */
export function adaptDeepSeekRequest(body: JsonObject, target: EncodeTarget): void {
  if (!Array.isArray(body.messages)) return;
  const thinks = /^deepseek-v[4-9]/.test(target.baseModel) && !isOff(body.thinking);
  body.messages = (body.messages as unknown[]).map((message) => {
    if (!isJsonObject(message) || message.role !== 'assistant') return message;
    const called = Array.isArray(message.tool_calls) && message.tool_calls.length > 0;
    if (!called) return without(message, 'reasoning_content');
    return thinks && typeof message.reasoning_content !== 'string' ? { ...message, reasoning_content: '' } : message;
  });
}

function isOff(thinking: unknown): boolean {
  return isJsonObject(thinking) && thinking.type === 'disabled';
}
