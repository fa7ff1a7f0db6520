import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { totalOutputTokens, type Usage } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { stopOf, stopSequenceIn } from './stop.js';
import { clientNames } from './tool-names.js';

/** Translates a chat completion to a message of the Messages API; `request` is the client's. */
export function messageFromChat(answer: JsonObject, request?: JsonObject): JsonObject {
  const choices = Array.isArray(answer.choices) ? (answer.choices as unknown[]).filter(isJsonObject) : [];
  const choice = choices[0] ?? {};
  const message = isJsonObject(choice.message) ? choice.message : {};
  const content: JsonObject[] = [...thinkingOf(message)];
  const text = textOf(message.content) || textOf(message.refusal);
  if (text !== '') content.push({ type: 'text', text });
  const calls = callsOf(message.tool_calls, clientNames(request));
  content.push(...calls);
  return {
    ...messageHead(answer),
    content,
    ...stopOf(choice.finish_reason, calls.length > 0, stopSequenceIn(choice, request)),
    usage: formatUsage(usageOfAnswer(answer.usage)),
  };
}

/** The beginning of every message, whole or streamed. */
export function messageHead({ id, model }: JsonObject): JsonObject {
  return { id: typeof id === 'string' && id !== '' ? id : 'msg_unnamed', type: 'message', role: 'assistant', model };
}

/** The API counts cached input separately from other input. */
export function formatUsage(usage: Usage | undefined): JsonObject {
  if (usage === undefined) return { input_tokens: 0, output_tokens: 0 };
  return {
    input_tokens: usage.inputTokens + usage.audioInputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens + usage.cacheWriteHourTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens: totalOutputTokens(usage),
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  };
}

/** Signed blocks as they are; unsigned thinking without a signature. */
function thinkingOf(message: JsonObject): JsonObject[] {
  const blocks = message.thinking_blocks;
  if (Array.isArray(blocks) && blocks.length > 0) return (blocks as unknown[]).filter(isJsonObject);
  const thinking = textOf(message.reasoning_content) || textOf(message.reasoning);
  return thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }];
}

function callsOf(calls: unknown, names: ReadonlyMap<string, string>): JsonObject[] {
  if (!Array.isArray(calls)) return [];
  return (calls as unknown[]).filter(isJsonObject).map((call) => {
    const reported = isJsonObject(call.function) ? call.function : {};
    const name = names.get(String(reported.name)) ?? reported.name;
    return { type: 'tool_use', id: call.id, name, input: inputOf(reported.arguments) };
  });
}

/** Arguments that are not a JSON object are kept as text: the client's own schema check reports what is wrong. */
function inputOf(text: unknown): JsonObject {
  if (typeof text !== 'string' || text.trim() === '') return {};
  try {
    const input: unknown = JSON.parse(text);
    if (isJsonObject(input)) return input;
    return input === null ? {} : { arguments: input };
  } catch {
    return { arguments: text };
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .filter(isJsonObject)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}
