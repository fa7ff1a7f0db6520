import { type EncodeTarget, GatewayError, isJsonObject, type JsonObject } from '@portico/core';

/** What a vendor's requests spell differently from OpenAI's. */
export interface RequestRules {
  /** Fields by another name: OpenAI's to the vendor's. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Fields the vendor refuses or ignores; dropped where the deployment drops the unsupported, else the vendor may say so itself. */
  readonly unsupported?: readonly string[];
  /** Usage comes without asking, and asking may be refused. Default: ask. */
  readonly usage?: 'unasked';
  /** There is no `developer` role; such messages become `system` messages. */
  readonly developerRole?: false;
  /** Messages may not hold `name`. */
  readonly names?: false;
  /** Fields may not be null. */
  readonly nulls?: false;
  /** Content may not be a list of parts; lists of nothing but text are joined. */
  readonly textParts?: false;
  /** Functions may not hold `strict`. */
  readonly strict?: false;
  /** `tool_choice: "required"` is spelled `"any"`, or cannot be said. */
  readonly toolChoiceRequired?: 'any' | false;
  /** `response_format` knows `json_object` only. */
  readonly jsonSchema?: false;
  /** Where assistant messages carry the reasoning of earlier turns. Default: `reasoning_content`, as it comes. */
  readonly reasoningField?: 'reasoning';
  /** Fields of messages in which other vendors keep the state of their reasoning; dropped with a warning (R-XL-1). */
  readonly foreignFields?: readonly string[];
  /** Ids of tool calls must be nine letters and digits; those of other vendors' calls are given one, the same each time. */
  readonly toolCallIds?: 'nine characters';
  /** Values that are the vendor's own defaults and that it refuses to be told. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Content parts and tools may not hold `cache_control`; prompts are cached without it. */
  readonly cacheControl?: false;
}

/** Changes the upstream's body, which is a shallow copy of the client's: what lies below its first level is replaced, never changed. */
export type Edit = (body: JsonObject, target: EncodeTarget) => void;

/** What the rules make of a chat request, put together once at boot; empty for a vendor without rules. */
export function chatEdits(rules: RequestRules, who: string): readonly Edit[] {
  const edits: Edit[] = fieldEdits(rules, who);
  const messages = messageRewrites(rules);
  if (messages.length > 0) edits.push((body, target) => rewriteMessages(body, messages, noteOnce(who, target)));
  if (rules.strict === false || rules.cacheControl === false) edits.push((body) => rewriteTools(body, rules));
  const { toolChoiceRequired } = rules;
  if (toolChoiceRequired === 'any') edits.push(requiredAsAny);
  if (toolChoiceRequired === false) edits.push((body, target) => withoutRequired(body, target, who));
  if (rules.jsonSchema === false) edits.push((body, target) => withoutSchema(body, target, who));
  return edits;
}

/** What the rules make of the fields of any request. */
export function fieldEdits(rules: RequestRules, who: string): Edit[] {
  const edits: Edit[] = [];
  const { defaults, renames, unsupported } = rules;
  if (rules.nulls === false) edits.push(dropNulls);
  if (defaults) edits.push((body) => dropDefaults(body, defaults));
  if (renames) edits.push((body) => rename(body, renames));
  if (unsupported) {
    edits.push((body, target) => {
      if (target.dropUnsupported) for (const name of unsupported) drop(body, name, target, who);
    });
  }
  return edits;
}

/** Removes a field that the vendor has no word for, and says so. */
export function drop(body: JsonObject, name: string, target: EncodeTarget, who: string): void {
  if (body[name] === undefined) return;
  delete body[name];
  target.warn(`"${name}" was dropped: ${who} does not support it.`);
}

/** Removes a field where the deployment allows it, and refuses the request where not. */
export function dropOrRefuse(body: JsonObject, name: string, target: EncodeTarget, who: string, why: string): void {
  if (target.dropUnsupported) return drop(body, name, target, who);
  throw new GatewayError(
    'invalid_input',
    `"${name}" ${why}. Leave it out, or let the deployment drop what is not supported.`,
    {
      code: 'unsupported_parameter',
      param: name,
    },
  );
}

function dropNulls(body: JsonObject): void {
  for (const name in body) if (body[name] === null) delete body[name];
}

function dropDefaults(body: JsonObject, defaults: Readonly<Record<string, unknown>>): void {
  for (const name in defaults) if (body[name] === defaults[name]) delete body[name];
}

function rename(body: JsonObject, renames: Readonly<Record<string, string>>): void {
  for (const from in renames) {
    const value = body[from];
    if (value === undefined) continue;
    delete body[from];
    body[renames[from] as string] = value; // `from` is a key of `renames`
  }
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
  if (rules.toolCallIds) rewrites.push(withShortCallIds);
  if (rules.cacheControl === false) rewrites.push(contentWithoutCacheControl);
  return rewrites;
}

function rewriteMessages(body: JsonObject, rewrites: readonly MessageRewrite[], note: Note): void {
  if (!Array.isArray(body.messages)) return;
  body.messages = (body.messages as unknown[]).map((message) => {
    if (!isJsonObject(message)) return message;
    let rewritten = message;
    for (const rewrite of rewrites) rewritten = rewrite(rewritten, note);
    return rewritten;
  });
}

// A conversation of a hundred turns earns one warning for each field, not a hundred.
function noteOnce(who: string, target: EncodeTarget): Note {
  const noted: string[] = [];
  return (field) => {
    if (noted.includes(field)) return;
    noted.push(field);
    target.warn(`"messages[].${field}" was dropped: it is the state of another vendor's model, not of ${who}.`);
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

function without(object: JsonObject, name: string): JsonObject {
  if (!(name in object)) return object;
  const { [name]: _, ...rest } = object;
  return rest;
}

// The answers of such vendors go out with both names, so both may come back.
function reasoningRenamed(message: JsonObject): JsonObject {
  if (message.reasoning_content === undefined) return message;
  const { reasoning_content: reasoning, ...rest } = message;
  return { reasoning, ...rest };
}

function asSystem(message: JsonObject): JsonObject {
  return message.role === 'developer' ? { ...message, role: 'system' } : message;
}

// `content: null` stays: it says that an assistant message holds tool calls alone.
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

function withShortCallIds(message: JsonObject): JsonObject {
  const { tool_call_id: answered, tool_calls: calls } = message;
  if (typeof answered === 'string') return { ...message, tool_call_id: shortCallId(answered) };
  if (!Array.isArray(calls)) return message;
  const renamed = calls.map((call: unknown) =>
    isJsonObject(call) && typeof call.id === 'string' ? { ...call, id: shortCallId(call.id) } : call,
  );
  return { ...message, tool_calls: renamed };
}

// Two halves of an FNV-1a hash, so that the same id becomes the same one in every turn and two of a conversation differ.
function shortCallId(id: string): string {
  if (/^[a-zA-Z\d]{9}$/.test(id)) return id;
  let low = 0x811c9dc5;
  let high = 0x811c9dc5 ^ id.length;
  for (let at = 0; at < id.length; at += 1) {
    low = Math.imul(low ^ id.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ id.charCodeAt(id.length - 1 - at), 0x01000193);
  }
  const digits = (half: number) => (half >>> 0).toString(36).padStart(7, '0');
  return digits(low).slice(-5) + digits(high).slice(-4);
}

function contentWithoutCacheControl(message: JsonObject): JsonObject {
  const kept = without(message, 'cache_control');
  const content = listWithout(kept.content, 'cache_control');
  return content === kept.content ? kept : { ...kept, content };
}

function listWithout(list: unknown, name: string): unknown {
  if (!Array.isArray(list) || !list.some((item) => isJsonObject(item) && name in item)) return list;
  return list.map((item: unknown) => (isJsonObject(item) ? without(item, name) : item));
}

function rewriteTools(body: JsonObject, rules: RequestRules): void {
  if (!Array.isArray(body.tools)) return;
  if (rules.cacheControl === false) body.tools = listWithout(body.tools, 'cache_control');
  if (rules.strict !== false) return;
  body.tools = (body.tools as unknown[]).map((tool) =>
    isJsonObject(tool) && isJsonObject(tool.function) ? { ...tool, function: without(tool.function, 'strict') } : tool,
  );
}

function requiredAsAny(body: JsonObject): void {
  if (body.tool_choice === 'required') body.tool_choice = 'any';
}

function withoutRequired(body: JsonObject, target: EncodeTarget, who: string): void {
  if (body.tool_choice !== 'required') return;
  dropOrRefuse(body, 'tool_choice', target, who, `"required" is not known to ${who} for this model`);
}

function withoutSchema(body: JsonObject, target: EncodeTarget, who: string): void {
  const format = body.response_format;
  if (!isJsonObject(format) || format.type !== 'json_schema') return;
  if (!target.dropUnsupported) {
    dropOrRefuse(
      body,
      'response_format',
      target,
      who,
      `of type "json_schema" is not known to ${who}, which has "json_object"`,
    );
  }
  body.response_format = { type: 'json_object' };
  target.warn(`"response_format" became "json_object": ${who} cannot be held to a schema.`);
}
