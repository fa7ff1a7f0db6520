import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import type { Edit, RequestRules } from './request-rules.js';
import { shortCallId } from './short-call-id.js';
import { without } from './without.js';

/** The changes of the rules to the messages of a chat request; undefined if there are none. */
export function rewriteMessages(rules: RequestRules, providerName: string): Edit | undefined {
  const rewrites = messageRewrites(rules);
  if (rewrites.length === 0) return undefined;
  return (body, target) => {
    if (!Array.isArray(body.messages)) return;
    const note = noteOnce(providerName, target);
    body.messages = (body.messages as unknown[]).map((message) => {
      if (!isJsonObject(message)) return message;
      let rewritten = message;
      for (const rewrite of rewrites) rewritten = rewrite(rewritten, note);
      return rewritten;
    });
  };
}

type Note = (field: string) => void;
type MessageRewrite = (message: JsonObject, note: Note) => JsonObject;

function messageRewrites(rules: RequestRules): MessageRewrite[] {
  const rewrites: MessageRewrite[] = [];
  const { foreignFields } = rules;
  if (foreignFields) rewrites.push((message, note) => withoutForeign(message, foreignFields, note));
  if (rules.reasoningField) rewrites.push(reasoningRenamed);
  if (rules.developerRole === false) rewrites.push(asSystem);
  if (rules.names === false) rewrites.push((message) => without(message, 'name'));
  if (rules.nulls === false) rewrites.push(withoutNulls);
  if (rules.textParts === false) rewrites.push(textJoined);
  if (rules.toolCallIds === 'nine characters') rewrites.push((message) => withCallIds(message, shortCallId));
  if (rules.toolCallIds === 'forty characters') rewrites.push((message) => withCallIds(message, atMostForty));
  return rewrites;
}

// A conversation of a hundred turns gets one warning for each field, not a hundred.
function noteOnce(providerName: string, target: EncodeTarget): Note {
  const noted: string[] = [];
  return (field) => {
    if (noted.includes(field)) return;
    noted.push(field);
    target.warn(
      `"messages[].${field}" was dropped: it is internal state of another vendor's model, not of ${providerName}.`,
    );
  };
}

function withoutForeign(message: JsonObject, fields: readonly string[], note: Note): JsonObject {
  if (message.role !== 'assistant') return message;
  let kept = message;
  for (const field of fields) {
    if (kept[field] === undefined) continue;
    if (kept[field] !== null) note(field);
    kept = without(kept, field);
  }
  if (!Array.isArray(kept.tool_calls)) return kept;
  const calls = kept.tool_calls as unknown[];
  if (!calls.some((call) => isJsonObject(call) && FOREIGN_CALL_FIELDS.some((field) => field in call))) return kept;
  note('tool_calls[].provider_specific_fields');
  const ownCalls = calls.map((call) => (isJsonObject(call) ? FOREIGN_CALL_FIELDS.reduce(without, call) : call));
  return { ...kept, tool_calls: ownCalls };
}

/** Where tool calls carry Gemini's thought signatures. */
const FOREIGN_CALL_FIELDS = ['provider_specific_fields', 'extra_content'];

// The answers of such vendors have both names, so both may come back.
function reasoningRenamed(message: JsonObject): JsonObject {
  if (message.reasoning_content === undefined) return message;
  const { reasoning_content: reasoning, ...rest } = message;
  return { reasoning, ...rest };
}

function asSystem(message: JsonObject): JsonObject {
  return message.role === 'developer' ? { ...message, role: 'system' } : message;
}

// `content: null` is kept: it means that an assistant message contains only tool calls.
function withoutNulls(message: JsonObject): JsonObject {
  let kept = message;
  for (const name in message) if (message[name] === null && name !== 'content') kept = without(kept, name);
  return kept;
}

function textJoined(message: JsonObject): JsonObject {
  const { content } = message;
  if (!Array.isArray(content)) return message;
  let text = '';
  for (const part of content as unknown[]) {
    if (!isJsonObject(part) || part.type !== 'text' || typeof part.text !== 'string') return message;
    text += part.text;
  }
  return { ...message, content: text };
}

function withCallIds(message: JsonObject, idFor: (id: string) => string): JsonObject {
  const { tool_call_id: answered, tool_calls: calls } = message;
  if (typeof answered === 'string') {
    const id = idFor(answered);
    return id === answered ? message : { ...message, tool_call_id: id };
  }
  if (!Array.isArray(calls)) return message;
  const renamed = calls.map((call: unknown) =>
    isJsonObject(call) && typeof call.id === 'string' ? { ...call, id: idFor(call.id) } : call,
  );
  return { ...message, tool_calls: renamed };
}

function atMostForty(id: string): string {
  return id.length <= 40 ? id : `call_${shortCallId(id)}`;
}
