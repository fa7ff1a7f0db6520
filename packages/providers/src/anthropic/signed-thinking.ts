import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * True for a block of thinking that the vendor accepts back: one with its signature, even if its text is withheld, or
 * a redacted one. Other servers of this API do not sign theirs.
 */
export function isSignedThinking(block: unknown): block is JsonObject {
  if (!isJsonObject(block)) return false;
  return block.type === 'redacted_thinking'
    ? isFilled(block.data)
    : block.type === 'thinking' && isFilled(block.signature);
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
