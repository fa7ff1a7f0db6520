import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { mapMarks } from './cache-marks.js';
import { keepSystemFirst, separateUserFromTool } from './message-order.js';
import type { Edit, RequestRules } from './request-rules.js';
import { rewriteMessages } from './rewrite-messages.js';
import { without } from './without.js';

/** The changes of the rules to a chat request, built once at start; empty for a vendor without rules. */
export function chatEdits(rules: RequestRules, providerName: string): readonly Edit[] {
  const edits: Edit[] = [...fieldEdits(rules, providerName), withoutEmptyTools];
  if (rules.cacheMarks === false) edits.push((body, target) => withoutMarks(body, target, providerName));
  const rewrite = rewriteMessages(rules, providerName);
  if (rewrite) edits.push(rewrite);
  if (rules.systemFirst) edits.push(keepSystemFirst);
  if (rules.userAfterTool === false) edits.push(separateUserFromTool);
  if (rules.strict === false) edits.push(withoutStrict);
  const { toolChoiceRequired } = rules;
  if (toolChoiceRequired === 'any') edits.push(requiredAsAny);
  if (toolChoiceRequired === false) edits.push((body, target) => withoutRequired(body, target, providerName));
  if (rules.jsonSchema === false) edits.push((body, target) => withoutSchema(body, target, providerName));
  return edits;
}

/** The changes of the rules to the fields of any request. */
export function fieldEdits(rules: RequestRules, providerName: string): Edit[] {
  const edits: Edit[] = [];
  const { defaults, renames, unsupported } = rules;
  if (rules.nulls === false) edits.push(dropNulls);
  if (defaults) edits.push((body) => dropDefaults(body, defaults));
  if (renames) edits.push((body) => rename(body, renames));
  if (unsupported) {
    edits.push((body, target) => {
      if (target.dropUnsupported) for (const name of unsupported) drop(body, name, target, providerName);
    });
  }
  return edits;
}

/** Removes an unsupported field, with a warning. */
function drop(body: JsonObject, name: string, target: EncodeTarget, providerName: string): void {
  if (body[name] === undefined) return;
  delete body[name];
  target.warn(`"${name}" was dropped: ${providerName} does not support it.`);
}

/** Removes a field if the deployment allows it, otherwise rejects the request. */
export function dropOrRefuse(
  body: JsonObject,
  name: string,
  target: EncodeTarget,
  providerName: string,
  why: string,
): void {
  if (!target.dropUnsupported) throw refusal(name, why);
  drop(body, name, target, providerName);
}

function refusal(name: string, why: string): GatewayError {
  const message = `"${name}" ${why}. Leave it out, or let the deployment drop what is not supported.`;
  return new GatewayError('invalid_input', message, { code: 'unsupported_parameter', param: name });
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

/** An empty list is refused by most, and so is what needs tools without any. */
function withoutEmptyTools(body: JsonObject): void {
  if (!Array.isArray(body.tools) || body.tools.length > 0) return;
  delete body.tools;
  delete body.tool_choice;
  delete body.parallel_tool_calls;
}

function withoutMarks(body: JsonObject, target: EncodeTarget, providerName: string): void {
  let found = false;
  const plain = mapMarks(body, () => {
    found = true;
    return undefined;
  });
  if (!found) return;
  for (const name of ['tools', 'messages']) if (body[name] !== undefined) body[name] = plain[name];
  if (plain.cache_control === undefined) delete body.cache_control;
  target.warn(`"cache_control" was dropped: ${providerName} does not support it.`);
}

function withoutStrict(body: JsonObject): void {
  if (!Array.isArray(body.tools)) return;
  body.tools = (body.tools as unknown[]).map((tool) =>
    isJsonObject(tool) && isJsonObject(tool.function) ? { ...tool, function: without(tool.function, 'strict') } : tool,
  );
}

function requiredAsAny(body: JsonObject): void {
  if (body.tool_choice === 'required') body.tool_choice = 'any';
}

function withoutRequired(body: JsonObject, target: EncodeTarget, providerName: string): void {
  if (body.tool_choice !== 'required') return;
  dropOrRefuse(
    body,
    'tool_choice',
    target,
    providerName,
    `"required" is not supported by ${providerName} for this model`,
  );
}

function withoutSchema(body: JsonObject, target: EncodeTarget, providerName: string): void {
  const format = body.response_format;
  if (!isJsonObject(format) || format.type !== 'json_schema') return;
  if (!target.dropUnsupported) {
    throw refusal(
      'response_format',
      `of type "json_schema" is not supported by ${providerName}, which supports "json_object"`,
    );
  }
  body.response_format = { type: 'json_object' };
  target.warn(`"response_format" became "json_object": ${providerName} does not support schemas.`);
}
