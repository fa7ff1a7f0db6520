import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { thinks } from './model-families.js';

/**
 * Reads `reasoning_effort` and `thinking`. The API has no levels: the model thinks or not, within an optional budget
 * of tokens.
 */
export function thinkingFromChat(request: JsonObject, target: EncodeTarget): JsonObject {
  const { reasoning_effort: effort } = request;
  const asked = isJsonObject(request.thinking) ? request.thinking : undefined;
  const isOff = asked === undefined ? effort === 'none' : asked.type === 'disabled';
  if (asked === undefined && (effort === undefined || effort === null)) return {};
  if (!thinks(target.baseModel)) {
    if (!isOff) target.warn('The model does not think: the reasoning parameters were left out.');
    return {};
  }
  if (isOff) return { thinking: { type: 'disabled' } };
  const budget = asked?.token_budget ?? asked?.budget_tokens;
  return { thinking: { type: 'enabled', ...(typeof budget === 'number' ? { token_budget: budget } : {}) } };
}
