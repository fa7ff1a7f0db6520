import { type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { invalid, leaveOut } from '../shared/leave-out.js';
import { objectSchema } from '../shared/object-schema.js';
import { fitSchema, parametersField } from './fit-schema.js';
import type { ModelFamily } from './model-families.js';
import { warnOfRemoved } from './structured-output.js';
import type { Surface } from './surface.js';

/** Tools and the choice among them, in the wire's words. */
export interface Tools {
  readonly tools: readonly JsonObject[];
  readonly config: JsonObject | undefined;
}

/** True where the request offers tools of the client's or asks for some of the vendor's. */
export function hasTools({ tools, functions, web_search_options: search }: JsonObject): boolean {
  return [tools, functions].some((list) => Array.isArray(list) && list.length > 0) || isJsonObject(search);
}

/**
 * Reads `tools`, `tool_choice`, `parallel_tool_calls`, `web_search_options` and their deprecated forerunners.
 * `answerFunction` is the one by which a structured answer comes.
 */
export function toolsFromChat(
  request: JsonObject,
  family: ModelFamily,
  surface: Surface,
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
    else leaveOut(target, path, 'This wire has functions, and tools of its own, and no tools of this type.');
  }
  for (const [index, one] of listOf(request, 'functions').entries()) {
    target.warn('"functions" is deprecated: calls come back as "tool_calls".');
    declared.push(declaration(one, `functions[${index}]`, family, target));
  }
  if (isJsonObject(request.web_search_options)) builtIn.push({ googleSearch: {} });
  if (request.parallel_tool_calls === false && declared.length > 1) {
    leaveOut(target, 'parallel_tool_calls', 'The model may always call several tools at once.');
  }
  const choice = choiceFromChat(request, declared);
  const offered = choice.among === undefined ? declared : declared.filter(({ name }) => choice.among?.has(name));
  if (declared.length > 0 && offered.length === 0) {
    throw invalid('tool_choice', '"tool_choice" allows only tools that are not among "tools".');
  }
  const functions = answerFunction === undefined ? offered : [...offered, answerFunction];
  const calling = answerFunction === undefined ? choice.calling : answering(choice.calling, answerFunction);
  const mixes = functions.length > 0 && builtIn.length > 0 && family.mixesTools && surface.announcesMixedTools;
  const config = {
    ...(calling === undefined || functions.length === 0 ? {} : { functionCallingConfig: calling }),
    // Without it, the vendor refuses the client's tools beside its own.
    ...(mixes ? { includeServerSideToolInvocations: true } : {}),
  };
  return {
    // Each of the vendor's tools wants an entry of its own.
    tools: [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...builtIn],
    config: Object.keys(config).length > 0 ? config : undefined,
  };
}

/** Tools that the vendor runs itself; clients that know them write them as this wire does, in either spelling. */
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
  const { schema, removed } = fitSchema(objectSchema(declared.parameters, target), family);
  warnOfRemoved(`"${path}"`, removed, target);
  // An object without properties is refused where it stands for the parameters.
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

/** Where the answer comes by a call, there is a call in any case: of a tool that was demanded, or of any. */
function answering(calling: JsonObject | undefined, answerFunction: JsonObject): JsonObject {
  if (calling?.mode === 'NONE') return { mode: 'ANY', allowedFunctionNames: [answerFunction.name] };
  return calling?.allowedFunctionNames === undefined ? { mode: 'ANY' } : calling;
}
