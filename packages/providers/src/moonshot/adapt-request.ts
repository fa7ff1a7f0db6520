import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropOrRefuse } from '../shared/request-edits.js';

/** Models that think by default. */
const THINKING = /^kimi-(?:k2\.[5-9]|k[3-9]|.*thinking)/;

/**
 * Kimi's temperatures end at 1, and are always 1 when it thinks (https://platform.moonshot.ai/docs/api/chat). Calls
 * that it made while thinking must come back with the thought, or with a placeholder.
 */
export function adaptMoonshotRequest(body: JsonObject, target: EncodeTarget): void {
  const thinks = THINKING.test(target.baseModel) && !(isJsonObject(body.thinking) && body.thinking.type === 'disabled');
  const { temperature } = body;
  if (thinks && typeof temperature === 'number' && temperature !== 1) {
    dropOrRefuse(body, 'temperature', target, 'moonshot', 'is always 1 for models of moonshot that think');
  } else if (typeof temperature === 'number' && temperature > 1) {
    body.temperature = 1;
    target.warn('"temperature" became 1, the maximum of moonshot.');
  }
  if (!thinks || !Array.isArray(body.messages)) return;
  body.messages = (body.messages as unknown[]).map((message) => {
    if (!isJsonObject(message) || !Array.isArray(message.tool_calls) || message.tool_calls.length === 0) return message;
    return typeof message.reasoning_content === 'string' && message.reasoning_content !== ''
      ? message
      : { ...message, reasoning_content: ' ' };
  });
}
