import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from '../shared/drop-parameter.js';
import { objectSchema } from '../shared/object-schema.js';
import { adaptSchema, parametersField } from './adapt-schema.js';
import type { GeminiVariant } from './gemini-variant.js';
import type { ModelFamily } from './model-families.js';
import { warnOfRemoved } from './structured-output.js';

/** Tools and tool choice, in the format of this API. */
export interface Tools {
  readonly tools: readonly JsonObject[];
  readonly config: JsonObject | undefined;
}

/** True if the request has tools of the client or asks for some of the vendor. */
export function hasTools({ tools, functions, web_search_options: search }: JsonObject): boolean {
  return [tools, functions].some((list) => Array.isArray(list) && list.length > 0) || isJsonObject(search);
}

/**
 * Reads `tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options` and their deprecated predecessors.
 * `answerFunction` is the function for a structured answer.
 */
export function toolsFromChat(
  request: JsonObject,
  family: ModelFamily,
  variant: GeminiVariant,
  target: EncodeTarget,
  answerFunction: JsonObject | undefined,
): Tools {
  const declared: JsonObject[] = [];
  const builtIn: JsonObject[] = [];
  for (const [index, tool] of listOf(request, 'tools').entries()) {
    const path = `tools[${index}]`;
    if (!isJsonObject(tool)) throw invalid(path, `"${path}" must be an object.`);
    // Some clients leave the type out.
    if (isJsonObject(tool.function)) declared.push(declaration(tool.function, `${path}.function`, family, target));
    else if (isBuiltIn(tool)) builtIn.push(tool);
    else dropParameter(target, path, 'This API has functions and its own tools, but no tools of this type.');
  }
  for (const [index, one] of listOf(request, 'functions').entries()) {
    target.warn('"functions" is deprecated: calls come back as "tool_calls".');
    declared.push(declaration(one, `functions[${index}]`, family, target));
  }
  if (isJsonObject(request.web_search_options)) builtIn.push({ googleSearch: {} });
  if (request.parallel_tool_calls === false && declared.length > 1) {
    dropParameter(target, 'parallel_tool_calls', 'The model may always call several tools at once.');
  }
  const choice = choiceFromChat(request, declared);
  const offered = choice.among === undefined ? declared : declared.filter(({ name }) => choice.among?.has(name));
  if (declared.length > 0 && offered.length === 0) {
    throw invalid('tool_choice', '"tool_choice" allows only tools that are not among "tools".');
  }
  const functions = answerFunction === undefined ? offered : [...offered, answerFunction];
  const calling = answerFunction === undefined ? choice.calling : answering(choice.calling, answerFunction);
  const mixes = functions.length > 0 && builtIn.length > 0 && family.mixesTools && variant.announcesMixedTools;
  const config = {
    ...(calling === undefined || functions.length === 0 ? {} : { functionCallingConfig: calling }),
    // Without it, the vendor rejects the client's tools together with its own.
    ...(mixes ? { includeServerSideToolInvocations: true } : {}),
  };
  return {
    // Each of the vendor's tools needs an entry of its own.
    tools: [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...builtIn],
    config: Object.keys(config).length > 0 ? config : undefined,
  };
}

/** Tools that the vendor runs itself; clients that know them use this API's format, in both spellings. */
const BUILT_IN = new Set(
  ['googleSearch', 'googleSearchRetrieval', 'enterpriseWebSearch', 'urlContext', 'codeExecution', 'googleMaps'].concat([
    'fileSearch',
    'computerUse',
    'retrieval',
    'functionDeclarations',
  ]),
);

function isBuiltIn(tool: JsonObject): boolean {
  return Object.keys(tool).some((name) => BUILT_IN.has(camelCase(name)));
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

function listOf(request: JsonObject, name: string): unknown[] {
  const value = request[name] ?? [];
  if (!Array.isArray(value)) throw invalid(name, `"${name}" must be a list.`);
  return value as unknown[];
}

function declaration(declared: unknown, path: string, family: ModelFamily, target: EncodeTarget): JsonObject {
  if (!isJsonObject(declared) || typeof declared.name !== 'string') {
    throw invalid(path, `"${path}" must be an object with a "name".`);
  }
  const { name, description } = declared;
  const { schema, removed } = adaptSchema(objectSchema(declared.parameters, target), family);
  warnOfRemoved(`"${path}"`, removed, target);
  // As parameters, an object without properties is rejected.
  const isEmpty = schema.properties === undefined && !schema.additionalProperties;
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isEmpty ? {} : { [parametersField(family)]: schema }),
  };
}

interface Choice {
  readonly calling: JsonObject | undefined;
  /** Only these are offered. */
  readonly among?: ReadonlySet<unknown>;
}

function choiceFromChat(request: JsonObject, declared: readonly JsonObject[]): Choice {
  const asked = request.tool_choice ?? request.function_call ?? undefined;
  if (asked === undefined) return { calling: undefined };
  if (typeof asked === 'string') return { calling: { mode: modeOf(asked) } };
  if (!isJsonObject(asked)) throw invalid('tool_choice', '"tool_choice" must be text or an object.');
  if (isJsonObject(asked.allowed_tools)) {
    const { mode, tools } = asked.allowed_tools;
    const among = new Set((Array.isArray(tools) ? (tools as unknown[]) : []).map(nameOf));
    return { calling: { mode: mode === 'required' ? 'ANY' : 'AUTO' }, among };
  }
  const name = nameOf(asked);
  if (name === undefined) throw invalid('tool_choice', '"tool_choice" must name a function.');
  if (!declared.some((one) => one.name === name)) {
    throw invalid('tool_choice', '"tool_choice" names a tool that is not among "tools".');
  }
  return { calling: { mode: 'ANY', allowedFunctionNames: [name] } };
}

function modeOf(choice: string): string {
  const mode = MODES.get(choice);
  if (mode === undefined) throw invalid('tool_choice', '"tool_choice" must be none, auto, required or an object.');
  return mode;
}

const MODES: ReadonlyMap<string, string> = new Map([
  ['auto', 'AUTO'],
  ['none', 'NONE'],
  ['required', 'ANY'],
  ['any', 'ANY'],
  ['validated', 'VALIDATED'],
]);

function nameOf(choice: unknown): unknown {
  if (!isJsonObject(choice)) return undefined;
  return isJsonObject(choice.function) ? choice.function.name : choice.name;
}

/** If the answer is a call, a call is always forced: of a required tool, or of any. */
function answering(calling: JsonObject | undefined, answerFunction: JsonObject): JsonObject {
  if (calling?.mode === 'NONE') return { mode: 'ANY', allowedFunctionNames: [answerFunction.name] };
  return calling?.allowedFunctionNames === undefined ? { mode: 'ANY' } : calling;
}
