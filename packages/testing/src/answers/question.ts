import { isObject } from './json-object.js';

/** The content of a request, whichever API it came through. */
export interface Question {
  readonly model: string;
  /** Text of the last user message. */
  readonly text: string;
  /** How many user messages there are, including this one. */
  readonly turn: number;
  /** The results of the tools, if the conversation ends with them. */
  readonly toolResults: readonly string[];
  readonly tools: readonly OfferedTool[];
  /** `none`, `auto`, `required`, or the name of the one tool that must be called. */
  readonly toolChoice: 'none' | 'auto' | 'required' | { readonly name: string };
  readonly parallelToolCalls: boolean;
  /** The schema that the answer must match as JSON; `{}` if any JSON object will do. */
  readonly jsonSchema: unknown;
  readonly maxTokens: number | undefined;
  readonly promptTokens: number;
  readonly stream: boolean;
  /** OpenAI's `stream_options.include_usage`. */
  readonly includeUsage: boolean;
}

/** A tool the client offers to the model. */
export interface OfferedTool {
  readonly name: string;
  readonly schema: unknown;
}

/** Reads a chat completion request. */
export function readOpenAiQuestion(body: Record<string, unknown>, model: string): Question {
  const messages = listOf(body.messages);
  const fromPeople = messages.filter((message) => message.role === 'user');
  const lastAnswerAt = messages.findLastIndex((message) => message.role !== 'tool');
  const choice = body.tool_choice;
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined;
  const format = body.response_format;
  return {
    model,
    text: textOf(fromPeople.at(-1)?.content),
    turn: fromPeople.length,
    toolResults: messages.slice(lastAnswerAt + 1).map((message) => textOf(message.content)),
    tools: listOf(body.tools).flatMap((tool) =>
      isObject(tool.function) ? [{ name: String(tool.function.name), schema: tool.function.parameters }] : [],
    ),
    toolChoice:
      typeof named === 'string' ? { name: named } : choice === 'none' || choice === 'required' ? choice : 'auto',
    parallelToolCalls: body.parallel_tool_calls !== false,
    jsonSchema: openAiSchema(format),
    maxTokens: numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens),
    promptTokens: promptTokens(messages, body.tools),
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
  };
}

/** Reads a legacy completion request; of several prompts the first. */
export function readCompletionQuestion(body: Record<string, unknown>, model: string): Question {
  const prompt = Array.isArray(body.prompt) && typeof body.prompt[0] === 'string' ? body.prompt[0] : body.prompt;
  return {
    ...readOpenAiQuestion({ ...body, tools: undefined, messages: [{ role: 'user', content: prompt }] }, model),
    maxTokens: numberOf(body.max_tokens) ?? COMPLETION_MAX_TOKENS,
  };
}

// OpenAI's own default for this endpoint.
const COMPLETION_MAX_TOKENS = 16;

/** Reads a request to Anthropic's Messages API. */
export function readAnthropicQuestion(body: Record<string, unknown>, model: string): Question {
  const messages = listOf(body.messages);
  const results = listOf(messages.at(-1)?.content).filter((block) => block.type === 'tool_result');
  const fromPeople = messages.filter((message) => message.role === 'user' && textOf(message.content) !== '');
  const choice = isObject(body.tool_choice) ? body.tool_choice : {};
  const format = isObject(body.output_config) ? body.output_config.format : undefined;
  return {
    model,
    text: textOf(fromPeople.at(-1)?.content),
    turn: fromPeople.length,
    toolResults: results.map((block) => textOf(block.content)),
    tools: listOf(body.tools).map((tool) => ({ name: String(tool.name), schema: tool.input_schema })),
    toolChoice:
      ANTHROPIC_CHOICES[String(choice.type)] ?? (choice.type === 'tool' ? { name: String(choice.name) } : 'auto'),
    parallelToolCalls: choice.disable_parallel_tool_use !== true,
    jsonSchema: isObject(format) ? format.schema : undefined,
    maxTokens: numberOf(body.max_tokens),
    promptTokens: promptTokens([{ content: body.system }, ...messages], body.tools),
    stream: body.stream === true,
    includeUsage: true,
  };
}

const ANTHROPIC_CHOICES: Readonly<Record<string, 'none' | 'auto' | 'required'>> = {
  none: 'none',
  auto: 'auto',
  any: 'required',
};

/** Splits a text into pieces like tokens: words with the space before them. Joined they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function openAiSchema(format: unknown): unknown {
  if (!isObject(format)) return undefined;
  if (format.type === 'json_object') return {};
  if (format.type === 'json_schema' && isObject(format.json_schema)) return format.json_schema.schema ?? {};
  return undefined;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function promptTokens(messages: readonly Record<string, unknown>[], tools: unknown): number {
  const forTools = tools === undefined ? 0 : Math.ceil(JSON.stringify(tools).length / 4);
  // Three tokens per message is what OpenAI's chat format adds.
  return messages.reduce((sum, message) => sum + 3 + tokensOf(textOf(message.content)).length, 3 + forTools);
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
