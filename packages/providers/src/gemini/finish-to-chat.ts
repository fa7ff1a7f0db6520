import { isJsonObject, type JsonObject } from '@portico/core';

/** Why an answer ended, as the fields of a choice. */
export interface ChatFinish {
  readonly finish_reason: string;
  /** What only this vendor says of an answer: where it looked things up, why it was stopped. */
  readonly provider_specific_fields?: JsonObject;
}

/** Reads `finishReason` and what stands beside it: of a whole candidate, or of all that a stream said of one. */
export function finishToChat(candidate: JsonObject, hasToolCalls: boolean): ChatFinish {
  const { finishReason: reason } = candidate;
  const known = FINISH_REASONS.get(reason) ?? 'stop';
  // The wire says STOP where it stops for calls.
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

/** What the vendor found on the way; its terms want some of it shown beside the answer. */
export const FINDINGS = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata', 'safetyRatings'] as const;

/** True where the model called a tool in a way that nobody can read. */
export function isBrokenCall(reason: unknown): boolean {
  return BROKEN_CALLS.has(reason);
}

// Numbers where the server was asked for those.
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
