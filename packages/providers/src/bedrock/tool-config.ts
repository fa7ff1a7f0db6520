import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { isForced } from '../anthropic/tools-from-chat.js';
import { dropParameter } from '../shared/drop-parameter.js';
import type { ConverseBlocks } from './converse-blocks.js';
import type { ModelFamily } from './model-families.js';

/** Tools in the format of Converse, and Claude's own fields. */
export interface ToolFields {
  readonly toolConfig: JsonObject | undefined;
  /** For `additionalModelRequestFields`. */
  readonly additional: JsonObject;
}

/** Converts tools and tool choice from Messages to Converse. */
export function toolFields(
  { tools, tool_choice: choice }: JsonObject,
  family: ModelFamily,
  blocks: ConverseBlocks,
  target: EncodeTarget,
): ToolFields {
  const specs: JsonObject[] = [];
  const claudes: JsonObject[] = [];
  for (const tool of Array.isArray(tools) ? (tools as JsonObject[]) : []) {
    if (OWN_KINDS.some((kind) => kind in tool)) specs.push(tool);
    else if (isJsonObject(tool.input_schema)) specs.push({ toolSpec: specOf(tool) }, ...blocks.mark(tool));
    else if (family.isClaude) claudes.push(tool);
    else dropParameter(target, 'tools', 'The model supports functions only.');
  }
  const additional = claudes.length > 0 ? { tools: claudes } : {};
  if (specs.length === 0) return { toolConfig: undefined, additional };
  return withChoice(specs, isJsonObject(choice) ? choice : undefined, additional, family, target);
}

/** Tools that clients may pass in Converse's own format. */
const OWN_KINDS = ['toolSpec', 'systemTool', 'cachePoint'];

function specOf({ name, description, input_schema: schema, strict }: JsonObject): JsonObject {
  return {
    name,
    // An empty one is rejected.
    ...(typeof description === 'string' && description.trim() !== '' && { description }),
    inputSchema: { json: schema },
    ...(strict === true && { strict }),
  };
}

function withChoice(
  tools: readonly JsonObject[],
  choice: JsonObject | undefined,
  additional: JsonObject,
  family: ModelFamily,
  target: EncodeTarget,
): ToolFields {
  if (choice === undefined) return { toolConfig: { tools }, additional };
  const isSerial = choice.disable_parallel_tool_use === true;
  if (isForced(choice)) {
    const toolChoice = choice.type === 'tool' ? { tool: { name: choice.name } } : { any: {} };
    return { toolConfig: { tools, toolChoice }, additional };
  }
  // Claude's own fields for what Converse does not have.
  if (choice.type === 'none' || isSerial) {
    if (family.isClaude) return { toolConfig: { tools }, additional: { ...additional, tool_choice: choice } };
    target.warn(
      isSerial
        ? '"parallel_tool_calls" was left out: the model chooses itself how many tools it calls at once.'
        : '"tool_choice" was left out: the model cannot be prevented from calling tools.',
    );
    return { toolConfig: { tools }, additional };
  }
  const states = family.messages.forcedTools;
  return { toolConfig: { tools, ...(states && { toolChoice: { auto: {} } }) }, additional };
}
