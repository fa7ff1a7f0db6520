import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  LanguageModelV3ToolChoice,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';
import { isJsonObject, type JsonObject } from '@portico/core';
import { invalid } from './invalid.js';
import { promptFromChat } from './prompt-from-chat.js';

/** A chat request as a call of a model. `own` are the host's vendor-specific settings. */
export function optionsFromChat(
  asked: JsonObject,
  vendor: string,
  own: SharedV3ProviderOptions = {},
): LanguageModelV3CallOptions {
  const maxOutputTokens = numberIn(asked.max_completion_tokens) ?? numberIn(asked.max_tokens);
  const stop = typeof asked.stop === 'string' ? [asked.stop] : asked.stop;
  const tools = Array.isArray(asked.tools) ? asked.tools.map(functionTool) : [];
  const responseFormat = formatOf(asked.response_format);
  const providerOptions = { ...usualOptions(asked, vendor), ...own };
  return {
    prompt: promptFromChat(asked.messages),
    ...given('maxOutputTokens', maxOutputTokens),
    ...given('temperature', numberIn(asked.temperature)),
    ...given('topP', numberIn(asked.top_p)),
    ...given('topK', numberIn(asked.top_k)),
    ...given('presencePenalty', numberIn(asked.presence_penalty)),
    ...given('frequencyPenalty', numberIn(asked.frequency_penalty)),
    ...given('seed', numberIn(asked.seed)),
    ...(Array.isArray(stop) && { stopSequences: stop.map(String) }),
    ...(responseFormat && { responseFormat }),
    ...(tools.length > 0 && { tools, ...given('toolChoice', toolChoiceOf(asked.tool_choice)) }),
    ...(Object.keys(providerOptions).length > 0 && { providerOptions }),
  };
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]?: Value }); // the only name
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function functionTool(tool: unknown, index: number): LanguageModelV3FunctionTool {
  const { function: told, type } = isJsonObject(tool) ? tool : {};
  if (type !== 'function' || !isJsonObject(told) || typeof told.name !== 'string') {
    throw invalid(
      `tools[${index}]`,
      'must be a function with a name: vendor-specific tools are set in "providerOptions"',
    );
  }
  const { name, description, parameters, strict } = told;
  return {
    type,
    name,
    inputSchema: isJsonObject(parameters) ? parameters : NO_PARAMETERS,
    ...(typeof description === 'string' && { description }),
    ...(typeof strict === 'boolean' && { strict }),
  };
}

const NO_PARAMETERS = { type: 'object', properties: {} };

function toolChoiceOf(choice: unknown): LanguageModelV3ToolChoice | undefined {
  if (choice === undefined) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  const told = isJsonObject(choice) ? choice.function : undefined;
  if (isJsonObject(told) && typeof told.name === 'string') return { type: 'tool', toolName: told.name };
  throw invalid('tool_choice', 'must be "auto", "none", "required" or one function');
}

function formatOf(format: unknown): LanguageModelV3CallOptions['responseFormat'] {
  if (!isJsonObject(format) || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json' };
  const told = format.json_schema;
  if (format.type !== 'json_schema' || !isJsonObject(told)) throw invalid('response_format', 'has an unknown type');
  const { schema, name, description } = told;
  return {
    type: 'json',
    ...(isJsonObject(schema) && { schema }),
    ...(typeof name === 'string' && { name }),
    ...(typeof description === 'string' && { description }),
  };
}

/** Thinking budget in tokens, for models that have one. */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1024, low: 1024, medium: 2048, high: 4096, xhigh: 8192 };

/** Settings beyond the common ones that most vendors of the AI SDK have. */
function usualOptions(asked: JsonObject, vendor: string): SharedV3ProviderOptions {
  const { reasoning_effort: effort, parallel_tool_calls: parallel } = asked;
  const [key = vendor] = vendor.split('.');
  const budget = typeof effort === 'string' ? BUDGETS[effort] : undefined;
  const options: SharedV3ProviderOptions[string] = {};
  switch (key) {
    case 'anthropic':
      if (budget !== undefined) options.thinking = { type: 'enabled', budgetTokens: budget };
      if (parallel === false) options.disableParallelToolUse = true;
      break;
    case 'google':
      if (effort === 'none') options.thinkingConfig = { thinkingBudget: 0 };
      else if (budget !== undefined) options.thinkingConfig = { thinkingBudget: budget, includeThoughts: true };
      break;
    default:
      if (typeof effort === 'string') options.reasoningEffort = effort;
      if (typeof parallel === 'boolean') options.parallelToolCalls = parallel;
  }
  return Object.keys(options).length === 0 ? {} : { [key]: options };
}
