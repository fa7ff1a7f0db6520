import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * Reads `reasoning_effort` and `thinking`. Models think or do not; for those with levels, thinking cannot be
 * disabled. Clients that know this API send `think`.
 */
export function thinkFromChat(request: JsonObject, model: string): JsonObject {
  const { think, thinking, reasoning_effort: effort } = request;
  if (think !== undefined && think !== null) return { think };
  const hasLevels = /gpt-oss/.test(model);
  if (isJsonObject(thinking)) {
    const isOn = thinking.type !== 'disabled';
    return hasLevels ? { think: isOn ? 'medium' : 'low' } : { think: isOn };
  }
  if (typeof effort !== 'string') return {};
  return { think: hasLevels ? (LEVELS[effort] ?? 'medium') : effort !== 'none' };
}

const LEVELS: Readonly<Record<string, string>> = {
  none: 'low',
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
