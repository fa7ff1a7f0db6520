import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from '../shared/drop-parameter.js';
import { objectSchema } from '../shared/object-schema.js';
import type { ModelFamily } from './model-families.js';
import { nativeSchema } from './native-schema.js';
import { cacheControlOf } from './parts-from-chat.js';

/** Tools and tool choice, in the format of this API. */
export interface Tools {
  readonly tools: readonly JsonObject[];
  readonly choice: JsonObject | undefined;
}

/**
 * Reads `tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options` and their deprecated predecessors.
 * `calledTools` are the names that the conversation already uses; `answerTool` is the tool for a structured answer.
 */
export function toolsFromChat(
  request: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
  calledTools: ReadonlySet<string>,
  answerTool: JsonObject | undefined,
): Tools {
  const offered = limitStrict(offeredTools(request, family, target), target);
  if (offered.length === 0) {
    if (answerTool !== undefined) return soften(answerOnly([], answerTool), family, target);
    return { tools: namedInHistory(calledTools), choice: calledTools.size > 0 ? { type: 'none' } : undefined };
  }
  const asked = choiceFromChat(request, offered);
  const tools = asked.among === undefined ? offered : offered.filter(({ name }) => asked.among?.has(name));
  if (tools.length === 0) throw invalid('tool_choice', '"tool_choice" allows only tools that are not among "tools".');
  if (answerTool === undefined) return soften({ tools, choice: withParallelism(request, asked) }, family, target);
  switch (asked.choice.type) {
    case 'tool':
      return soften({ tools: [...tools, answerTool], choice: asked.choice }, family, target);
    case 'none':
      return soften(answerOnly(tools, answerTool), family, target);
    default:
      return soften({ tools: [...tools, answerTool], choice: { type: 'any', ...ONE_CALL } }, family, target);
  }
}

/** True where the model must call a tool. */
export function isForced(choice: JsonObject | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}

interface Choice {
  readonly choice: JsonObject;
  /** Set by the client; otherwise it is the default. */
  readonly stated: boolean;
  /** Only these may be called. */
  readonly among?: ReadonlySet<unknown>;
}

const ONE_CALL = { disable_parallel_tool_use: true } as const;
const AUTO: Choice = { choice: { type: 'auto' }, stated: false };
/** Additional fields of a tool definition in this API, on the tool or on its function. */
const OWN_FIELDS = ['eager_input_streaming', 'defer_loading', 'allowed_callers', 'input_examples'] as const;
/** More strict tools than this are rejected. */
const MOST_STRICT_TOOLS = 20;
/** Number of searches per answer, by OpenAI's setting; LiteLLM's numbers. */
const SEARCHES: ReadonlyMap<unknown, number> = new Map([
  ['low', 1],
  ['medium', 5],
  ['high', 10],
]);
const USUAL_SEARCHES = 5;

function offeredTools(request: JsonObject, family: ModelFamily, target: EncodeTarget): JsonObject[] {
  const given = listOf(request, 'tools');
  const tools = given.flatMap((tool, index) => translateTool(tool, `tools[${index}]`, family, target));
  for (const [index, declared] of listOf(request, 'functions').entries()) {
    target.warn('"functions" is deprecated: calls come back as "tool_calls".');
    tools.push(functionTool({ type: 'function', function: declared }, `functions[${index}]`, family, target));
  }
  const search = request.web_search_options;
  if (isJsonObject(search)) tools.push(webSearch(search));
  return tools;
}

function listOf(request: JsonObject, name: string): unknown[] {
  const value = request[name] ?? [];
  if (!Array.isArray(value)) throw invalid(name, `"${name}" must be a list.`);
  return value as unknown[];
}

function translateTool(tool: unknown, path: string, family: ModelFamily, target: EncodeTarget): JsonObject[] {
  if (!isJsonObject(tool)) throw invalid(path, `"${path}" must be an object.`);
  if (tool.type === 'function') return [functionTool(tool, path, family, target)];
  if (isJsonObject(tool.custom)) {
    dropParameter(target, path, 'This API has no tools with free-text input; offer a function instead.');
    return [];
  }
  // Tools of this API itself, which clients may know and the vendor may run.
  return [tool];
}

function functionTool(tool: JsonObject, path: string, family: ModelFamily, target: EncodeTarget): JsonObject {
  const declared = tool.function;
  if (!isJsonObject(declared) || typeof declared.name !== 'string') {
    throw invalid(`${path}.function`, `"${path}.function" must be an object with a "name".`);
  }
  const own = OWN_FIELDS.flatMap((name) => {
    const value = tool[name] ?? declared[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const cacheControl = cacheControlOf(tool) ?? cacheControlOf(declared);
  return {
    name: declared.name,
    ...(typeof declared.description === 'string' ? { description: declared.description } : {}),
    input_schema: objectSchema(declared.parameters, target),
    ...(declared.strict === true && mayBeStrict(declared.parameters, family) ? { strict: true } : {}),
    ...Object.fromEntries(own),
    ...(cacheControl === undefined ? {} : { cache_control: cacheControl }),
  };
}

/** Strict tools must follow the rules of structured outputs, or the whole request is rejected. */
function mayBeStrict(parameters: unknown, family: ModelFamily): boolean {
  if (!family.structuredOutput || !isJsonObject(parameters)) return false;
  const native = nativeSchema(parameters);
  return native !== undefined && native.unenforced.size === 0 && isClosed(parameters);
}

function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (!isJsonObject(schema)) return true;
  if (isJsonObject(schema.properties) && schema.additionalProperties !== false) return false;
  return Object.values(schema).every(isClosed);
}

function limitStrict(tools: JsonObject[], target: EncodeTarget): JsonObject[] {
  if (tools.filter(({ strict }) => strict === true).length <= MOST_STRICT_TOOLS) return tools;
  target.warn(`"strict" was left out: this API accepts at most ${MOST_STRICT_TOOLS} strict tools.`);
  return tools.map(({ strict: _strict, ...tool }) => tool);
}

function webSearch(options: JsonObject): JsonObject {
  const location = isJsonObject(options.user_location) ? options.user_location.approximate : undefined;
  return {
    type: 'web_search_20250305',
    name: 'web_search',
    max_uses: SEARCHES.get(options.search_context_size) ?? USUAL_SEARCHES,
    ...(isJsonObject(location) ? { user_location: { type: 'approximate', ...location } } : {}),
  };
}

/** The structured answer is one object, so it is one call. */
function answerOnly(tools: readonly JsonObject[], answerTool: JsonObject): Tools {
  return { tools: [...tools, answerTool], choice: { type: 'tool', name: answerTool.name, ...ONE_CALL } };
}

/** The API rejects a conversation with calls in it but without tools; these tools cannot be called. */
function namedInHistory(names: ReadonlySet<string>): JsonObject[] {
  return [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
}

function choiceFromChat(request: JsonObject, tools: readonly JsonObject[]): Choice {
  const asked = request.tool_choice ?? request.function_call ?? undefined;
  if (asked === undefined) return AUTO;
  if (typeof asked === 'string') return choiceByMode(asked);
  if (!isJsonObject(asked)) throw invalid('tool_choice', '"tool_choice" must be text or an object.');
  if (isJsonObject(asked.allowed_tools)) {
    const { mode, tools: allowed } = asked.allowed_tools;
    const among = new Set((Array.isArray(allowed) ? (allowed as unknown[]) : []).map(nameOf));
    return { ...choiceByMode(mode === 'required' ? 'required' : 'auto'), among };
  }
  const name = nameOf(asked);
  if (name === undefined) throw invalid('tool_choice', '"tool_choice" must name a function.');
  if (!tools.some((tool) => tool.name === name)) {
    throw invalid('tool_choice', '"tool_choice" names a tool that is not among "tools".');
  }
  return { choice: { type: 'tool', name }, stated: true };
}

function choiceByMode(mode: string): Choice {
  switch (mode) {
    case 'auto':
    case 'none':
      return { choice: { type: mode }, stated: true };
    case 'required':
    case 'any':
      return { choice: { type: 'any' }, stated: true };
    default:
      throw invalid('tool_choice', '"tool_choice" must be none, auto, required or an object.');
  }
}

function nameOf(choice: unknown): unknown {
  if (!isJsonObject(choice)) return undefined;
  return isJsonObject(choice.function) ? choice.function.name : choice.name;
}

function withParallelism(request: JsonObject, asked: Choice): JsonObject | undefined {
  const isSerial = request.parallel_tool_calls === false && asked.choice.type !== 'none';
  if (isSerial) return { ...asked.choice, ...ONE_CALL };
  return asked.stated ? asked.choice : undefined;
}

/** Models that do not support a forced call are only offered this tool instead. */
function soften(wanted: Tools, family: ModelFamily, target: EncodeTarget): Tools {
  const { tools, choice } = wanted;
  if (family.forcedTools || choice === undefined || !isForced(choice)) return wanted;
  target.warn('The model cannot be forced to call a tool; it may also answer with text.');
  const { type, name, ...rest } = choice;
  return {
    tools: type === 'tool' ? tools.filter((tool) => tool.name === name) : tools,
    choice: { ...rest, type: 'auto' },
  };
}
