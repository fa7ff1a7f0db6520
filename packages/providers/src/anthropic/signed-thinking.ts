import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * True for a block of thinking that the vendor takes back: one with its signature, even where its text is withheld, or a
 * redacted one. Other servers of this wire do not sign theirs.
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
