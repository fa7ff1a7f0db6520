import { isJsonObject, type JsonObject } from '@portico/core';

/** Which stretch of a message's text a signature belongs to, in UTF-16 units; of no length where it stands alone. */
export interface SignedStretch {
  readonly start: number;
  readonly end: number;
  readonly thought_signature: string;
}

/**
 * The text of a message as the parts it came in, those with a signature apart from those without, since a signature must
 * stay with its own part. One part where the client sends no signatures, or other text than they were given for.
 */
export function signedTextParts(text: string, stretches: unknown): JsonObject[] {
  const signed = Array.isArray(stretches) ? (stretches as unknown[]).filter(isStretch) : [];
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

function isStretch(value: unknown): value is SignedStretch {
  if (!isJsonObject(value)) return false;
  const { start, end, thought_signature: signature } = value;
  return Number.isInteger(start) && Number.isInteger(end) && typeof signature === 'string' && signature !== '';
}
