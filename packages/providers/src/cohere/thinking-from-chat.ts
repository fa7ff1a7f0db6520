import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { thinks } from './model-families.js';

/** Reads `reasoning_effort` and `thinking`. The wire has no efforts: it thinks or not, within a budget of tokens if one is said. */
export function thinkingFromChat(request: JsonObject, target: EncodeTarget): JsonObject {
  const { reasoning_effort: effort } = request;
  const asked = isJsonObject(request.thinking) ? request.thinking : undefined;
  const isOff = asked === undefined ? effort === 'none' : asked.type === 'disabled';
  if (asked === undefined && (effort === undefined || effort === null)) return {};
  if (!thinks(target.baseModel)) {
    if (!isOff) target.warn('The model does not think: what was asked about its reasoning was left out.');
    return {};
  }
  if (isOff) return { thinking: { type: 'disabled' } };
  const budget = asked?.token_budget ?? asked?.budget_tokens;
  return { thinking: { type: 'enabled', ...(typeof budget === 'number' ? { token_budget: budget } : {}) } };
}
