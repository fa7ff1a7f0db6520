import { isJsonObject, type JsonObject } from '@portico/core';

/** The range of a message's text that a signature belongs to, in UTF-16 units; empty if it stands alone. */
export interface SignedSpan {
  readonly start: number;
  readonly end: number;
  readonly thought_signature: string;
}

/**
 * The text of a message in its original parts, those with a signature separate from those without, because a
 * signature must stay with its own part. One part if the client sends no signatures, or a different text.
 */
export function signedTextParts(text: string, stretches: unknown): JsonObject[] {
  const signed = Array.isArray(stretches) ? (stretches as unknown[]).filter(isSpan) : [];
  const parts: JsonObject[] = [];
  let at = 0;
  for (const { start, end, thought_signature: thoughtSignature } of signed) {
    if (start < at || end < start || end > text.length) return plain(text);
    parts.push(...plain(text.slice(at, start)), { text: text.slice(start, end), thoughtSignature });
    at = end;
  }
  return [...parts, ...plain(text.slice(at))];
}

function plain(text: string): JsonObject[] {
  return text === '' ? [] : [{ text }];
}

function isSpan(value: unknown): value is SignedSpan {
  if (!isJsonObject(value)) return false;
  const { start, end, thought_signature: signature } = value;
  return Number.isInteger(start) && Number.isInteger(end) && typeof signature === 'string' && signature !== '';
}
