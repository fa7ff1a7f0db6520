import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { dropParameter, invalid } from './drop-parameter.js';
import { objectSchema } from './object-schema.js';

/** The functions of a request, and which of them the model must call. */
export interface FunctionTools {
  readonly functions: readonly JsonObject[];
  /** Undefined if not set. `required` means any of the functions, of which only the allowed are left. */
  readonly choice: 'auto' | 'none' | 'required' | undefined;
}

/**
 * Reads `tools`, `tool_choice` and their deprecated predecessors, for APIs that have functions and can force any or
 * none of them: with a choice of some, only those are offered.
 */
export function functionTools(request: JsonObject, target: EncodeTarget): FunctionTools {
  const declared: JsonObject[] = [];
  for (const [index, tool] of listOf(request, 'tools').entries()) {
    const path = `tools[${index}]`;
    if (!isJsonObject(tool)) throw invalid(path, `"${path}" must be an object.`);
    // Some clients leave the type out.
    if (isJsonObject(tool.function)) declared.push(declaration(tool.function, `${path}.function`, target));
    else dropParameter(target, path, 'This API has functions, but no other types of tools.');
  }
  for (const [index, one] of listOf(request, 'functions').entries()) {
    target.warn('"functions" is deprecated: calls come back as "tool_calls".');
    declared.push(declaration(one, `functions[${index}]`, target));
  }
  const { choice, among } = choiceOf(request);
  const functions = among === undefined ? declared : declared.filter(({ name }) => among.has(name));
  if (among !== undefined && functions.length === 0) {
    throw invalid('tool_choice', '"tool_choice" allows only tools that are not among "tools".');
  }
  return { functions, choice };
}

/** The calls in an assistant message, in the format of chat; deprecated ones get an id. */
export function callsOf({ tool_calls: calls, function_call: old }: JsonObject, path: string): JsonObject[] {
  if (isJsonObject(old)) return [{ id: LEGACY_ID, type: 'function', function: old }];
  if (!Array.isArray(calls)) return [];
  return (calls as unknown[]).map((call, index) => {
    const where = `${path}.tool_calls[${index}]`;
    if (!isJsonObject(call) || !isJsonObject(call.function) || typeof call.function.name !== 'string') {
      throw invalid(where, `"${where}" must be a call of a function, with its name.`);
    }
    return call;
  });
}

/** The functions API had no ids: each result belongs to the call before it. */
export const LEGACY_ID = 'call_function';

function listOf(request: JsonObject, name: string): unknown[] {
  const value = request[name] ?? [];
  if (!Array.isArray(value)) throw invalid(name, `"${name}" must be a list.`);
  return value as unknown[];
}

function declaration(declared: unknown, path: string, target: EncodeTarget): JsonObject {
  if (!isJsonObject(declared) || typeof declared.name !== 'string') {
    throw invalid(path, `"${path}" must be an object with a "name".`);
  }
  const { name, description, parameters, strict } = declared;
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    parameters: objectSchema(parameters, target),
    ...(strict === true ? { strict } : {}),
  };
}

interface Choice {
  readonly choice: FunctionTools['choice'];
  readonly among?: ReadonlySet<unknown>;
}

function choiceOf(request: JsonObject): Choice {
  const asked = request.tool_choice ?? request.function_call ?? undefined;
  if (asked === undefined) return { choice: undefined };
  if (asked === 'any') return { choice: 'required' };
  if (asked === 'auto' || asked === 'none' || asked === 'required') return { choice: asked };
  if (!isJsonObject(asked)) throw invalid('tool_choice', '"tool_choice" must be none, auto, required or an object.');
  if (isJsonObject(asked.allowed_tools)) {
    const { mode, tools } = asked.allowed_tools;
    const among = new Set((Array.isArray(tools) ? (tools as unknown[]) : []).map(nameOf));
    return { choice: mode === 'required' ? 'required' : 'auto', among };
  }
  const name = nameOf(asked);
  if (name === undefined) throw invalid('tool_choice', '"tool_choice" must name a function.');
  return { choice: 'required', among: new Set([name]) };
}

function nameOf(choice: unknown): unknown {
  if (!isJsonObject(choice)) return undefined;
  return isJsonObject(choice.function) ? choice.function.name : choice.name;
}
