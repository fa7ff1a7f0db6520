import { isJsonObject, type JsonObject } from '@portico/core';

/** Why an answer ended, as the fields of a choice. */
export interface ChatFinish {
  readonly finish_reason: string;
  /** Metadata that only this vendor has: its sources, and why it was stopped. */
  readonly provider_specific_fields?: JsonObject;
}

/** Reads `finishReason` and the fields beside it: of a whole candidate, or of all parts of a streamed one. */
export function finishToChat(candidate: JsonObject, hasToolCalls: boolean): ChatFinish {
  const { finishReason: reason } = candidate;
  const known = FINISH_REASONS.get(reason) ?? 'stop';
  // The API says STOP also when it stops for calls.
  const finishReason = known === 'stop' && hasToolCalls ? 'tool_calls' : known;
  const details: JsonObject = {};
  if (!TELL_ALL.has(reason)) {
    details.finishReason = reason;
    if (candidate.finishMessage !== undefined) details.finishMessage = candidate.finishMessage;
  }
  for (const name of FINDINGS) if (isFilled(candidate[name])) details[name] = candidate[name];
  if (Object.keys(details).length === 0) return { finish_reason: finishReason };
  return { finish_reason: finishReason, provider_specific_fields: details };
}

/** The vendor's search results; its terms require some of them to be shown with the answer. */
export const FINDINGS = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata', 'safetyRatings'] as const;

/** True if the model made an unreadable call. */
export function isBrokenCall(reason: unknown): boolean {
  return BROKEN_CALLS.has(reason);
}

// Numbers if the server was asked for them.
const FINISH_REASONS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['STOP', 'stop'],
  [1, 'stop'],
  ['MAX_TOKENS', 'length'],
  [2, 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content_filter'],
  [3, 'content_filter'],
  ['RECITATION', 'content_filter'],
  [4, 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['MODEL_ARMOR', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
]);

const TELL_ALL: ReadonlySet<unknown> = new Set(['STOP', 1, 'MAX_TOKENS', 2, undefined, null]);
const BROKEN_CALLS: ReadonlySet<unknown> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
]);

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isJsonObject(value) && Object.keys(value).length > 0;
}
