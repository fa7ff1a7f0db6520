import { isJsonObject, type JsonObject } from '@portico/core';
import { plainCallId } from './thought-signatures.js';

/**
 * The parts of an earlier answer, unchanged, if the client sends back `provider_specific_fields.parts` and did not
 * change the message otherwise; undefined if the message must be rebuilt from its chat fields. A part that is only `{
 * image }` refers to that entry of the message's `images`.
 */
export function replayedParts(message: JsonObject): JsonObject[] | undefined {
  const fields = message.provider_specific_fields;
  const parts = isJsonObject(fields) ? fields.parts : undefined;
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every(isJsonObject)) return undefined;
  const called = parts.flatMap(({ functionCall }) => (isJsonObject(functionCall) ? [functionCall.name] : []));
  const images = Array.isArray(message.images) ? message.images.length : 0;
  if (parts.some(({ image }) => typeof image === 'number' && image >= images)) return undefined;
  const isSaid = textOfParts(parts) === textOfContent(message.content);
  return isSaid && called.join() === calledNames(message.tool_calls).join() ? parts : undefined;
}

/** The ids by which a client knows the calls of a message, in order. */
export function callIdsOf(message: JsonObject): string[] {
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as unknown[]) : [];
  return calls.map((call) => (isJsonObject(call) && typeof call.id === 'string' ? plainCallId(call.id) : ''));
}

function textOfParts(parts: readonly JsonObject[]): string {
  return parts.map(({ text, thought }) => (typeof text === 'string' && thought !== true ? text : '')).join('');
}

function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .map((part) => (isJsonObject(part) && part.type === 'text' && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function calledNames(calls: unknown): unknown[] {
  if (!Array.isArray(calls)) return [];
  return (calls as unknown[])
    .map((call) => (isJsonObject(call) ? call.function : undefined))
    .map((called) => (isJsonObject(called) ? called.name : undefined));
}
