import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { totalInputTokens, totalOutputTokens, type Usage } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { encodeThinking } from '../bridged-reasoning.js';
import { type OfferedTool, offeredTools } from './offered-tools.js';

/** Translates a chat completion to a response of the Responses API. */
export function responseFromChat(answer: JsonObject, request: JsonObject | undefined): JsonObject {
  const choices = Array.isArray(answer.choices) ? (answer.choices as unknown[]).filter(isJsonObject) : [];
  const choice = choices[0] ?? {};
  const message = isJsonObject(choice.message) ? choice.message : {};
  const head = responseHead(answer, request);
  const id = itemIds(head.id);
  const output: JsonObject[] = [];
  const blocks = Array.isArray(message.thinking_blocks)
    ? (message.thinking_blocks as unknown[]).filter(isJsonObject)
    : [];
  const thinking = textOf(message.reasoning_content) || textOf(message.reasoning) || thinkingIn(blocks);
  if (thinking !== '' || blocks.length > 0) output.push(reasoningItem(id('rs', 0), thinking, blocks));
  const parts = partsOf(message);
  if (parts.length > 0) output.push(messageItem(id('msg', output.length), parts));
  const tools = offeredTools(request);
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as unknown[]).filter(isJsonObject) : [];
  for (const call of calls) {
    const { name, arguments: given } = isJsonObject(call.function) ? call.function : ({} as JsonObject);
    const tool = toolNamed(name, tools);
    output.push(callItem(id('fc', output.length), call.id, tool, argumentsFor(tool, given)));
  }
  return { ...head, ...ending(choice.finish_reason), output, usage: formatUsage(usageOfAnswer(answer.usage)) };
}

/** The fields that every response has, and those it repeats from its request. */
export function responseHead(answer: JsonObject, request: JsonObject = {}): JsonObject & { readonly id: string } {
  const { id, created, model } = answer;
  const name = typeof id === 'string' && id !== '' ? id.replace(/^(chatcmpl|resp|msg|gen)[-_]/, '') : 'unnamed';
  return {
    id: `resp_${name}`,
    object: 'response',
    created_at: typeof created === 'number' ? created : 0,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: request.reasoning ?? { effort: null, summary: null },
    store: false,
    temperature: request.temperature ?? null,
    text: request.text ?? { format: { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: 'disabled',
    usage: null,
    metadata: request.metadata ?? {},
  };
}

/** The arguments of a finished call. One without any gets an empty object: an empty text is no JSON. */
export function argumentsFor({ kind }: OfferedTool, given: unknown): string {
  const text = typeof given === 'string' ? given : '';
  return text === '' && kind === 'function' ? '{}' : text;
}

/** The ids of items: the id of the response and their index. */
export function itemIds(responseId: string): (prefix: 'rs' | 'msg' | 'fc', index: number) => string {
  const name = responseId.slice('resp_'.length);
  return (prefix, index) => `${prefix}_${name}_${index}`;
}

/** How it ended. */
export function ending(finish: unknown): JsonObject {
  if (finish === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (finish === 'content_filter') return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed' };
}

export function reasoningItem(id: string, text: string, blocks: readonly JsonObject[]): JsonObject {
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    ...(blocks.length > 0 && { encrypted_content: encodeThinking(blocks) }),
  };
}

export function messageItem(id: string, content: readonly JsonObject[], status = 'completed'): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content };
}

/** The tool that a model calls; an unknown one is reported as it was called. */
export function toolNamed(name: unknown, tools: ReadonlyMap<string, OfferedTool>): OfferedTool {
  return tools.get(String(name)) ?? { name, kind: 'function' };
}

export function callItem(id: string, callId: unknown, { kind, ...tool }: OfferedTool, given: string): JsonObject {
  const call = { id, status: 'completed', call_id: callId };
  switch (kind) {
    case 'function':
      return { ...call, type: 'function_call', ...tool, arguments: given };
    case 'custom':
      return { ...call, type: 'custom_tool_call', ...tool, input: freeText(given) };
    case 'search':
      return { ...call, type: 'tool_search_call', execution: 'client', arguments: argumentsIn(given) };
  }
}

/** A value there that is text here. */
function argumentsIn(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return {};
  }
}

/** The only argument of a tool that takes free text; if a model forgot to wrap it, the argument is the text itself. */
export function freeText(given: string): string {
  try {
    const value: unknown = JSON.parse(given);
    return isJsonObject(value) && typeof value.input === 'string' ? value.input : given;
  } catch {
    return given;
  }
}

export function textPart(text: string, annotations: readonly unknown[] = [], logprobs?: unknown): JsonObject {
  return { type: 'output_text', text, annotations, logprobs: Array.isArray(logprobs) ? logprobs : [] };
}

function partsOf(message: JsonObject): JsonObject[] {
  const parts: JsonObject[] = [];
  const text = textOf(message.content);
  const found = Array.isArray(message.annotations) ? (message.annotations as unknown[]).filter(isJsonObject) : [];
  if (text !== '') parts.push(textPart(text, found.map(flatAnnotation)));
  const refusal = textOf(message.refusal);
  if (refusal !== '') parts.push({ type: 'refusal', refusal });
  return parts;
}

function flatAnnotation({ type, ...rest }: JsonObject): JsonObject {
  const own = rest[String(type)];
  return isJsonObject(own) ? { type, ...own } : { type, ...rest };
}

export function formatUsage(usage: Usage | undefined): JsonObject | null {
  if (usage === undefined) return null;
  const [input, output] = [totalInputTokens(usage), totalOutputTokens(usage)];
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens + usage.cacheWriteHourTokens,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + output,
  };
}

function thinkingIn(blocks: readonly JsonObject[]): string {
  return blocks.map(({ thinking }) => textOf(thinking)).join('');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .filter(isJsonObject)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}
