import { formatChatUsage } from '../../encoding/chunk-stream.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { itemsAsFields } from '../reasoning-items.js';

/** Translates a response of the Responses API to a chat completion. */
export function chatFromResponse(response: JsonObject): JsonObject {
  const items = Array.isArray(response.output) ? (response.output as unknown[]).filter(isJsonObject) : [];
  const reasoning = items.filter(({ type }) => type === 'reasoning');
  const parts = items.filter(({ type }) => type === 'message').flatMap(partsOf);
  const texts = parts.filter(({ type }) => type === 'output_text');
  const text = texts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
  const refusal = parts.map(({ refusal }) => (typeof refusal === 'string' ? refusal : '')).join('');
  const annotations = texts.flatMap(({ annotations }) => listOf(annotations)).map(chatAnnotation);
  const logprobs = texts.flatMap(({ logprobs }) => listOf(logprobs));
  const calls = items.filter(isCall).map(chatCall);
  const thinking = reasoning.map(thinkingOf).filter(Boolean).join('\n\n');
  const usage = usageOfAnswer(response.usage);
  return {
    ...chatHead(response, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
          refusal: refusal === '' ? null : refusal,
          ...(thinking !== '' && { reasoning_content: thinking }),
          ...itemsAsFields(reasoning),
          ...(calls.length > 0 && { tool_calls: calls }),
          ...(annotations.length > 0 && { annotations }),
        },
        logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
        finish_reason: finishOf(response, calls.length > 0),
      },
    ],
    ...(usage !== undefined && { usage: formatChatUsage(usage) }),
  };
}

/** The fields that a whole answer and each chunk have in common. */
export function chatHead(
  { id, created_at: created, model, service_tier: tier }: JsonObject,
  object: string,
): JsonObject {
  return {
    id: typeof id === 'string' && id !== '' ? id.replace(/^resp_/, 'chatcmpl-') : 'chatcmpl-unnamed',
    object,
    created: typeof created === 'number' ? Math.floor(created) : 0,
    model,
    ...(typeof tier === 'string' && { service_tier: tier }),
  };
}

/** Why it ended. */
export function finishOf({ status, incomplete_details: details }: JsonObject, called: boolean): string {
  const reason = isJsonObject(details) ? details.reason : undefined;
  if (reason === 'content_filter') return 'content_filter';
  if (status === 'incomplete') return 'length';
  return called ? 'tool_calls' : 'stop';
}

/** A tool call for the client; tools that the vendor runs itself are already done. */
export function isCall({ type }: JsonObject): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

export function chatCall({ type, id, call_id: callId = id, name, arguments: given, input }: JsonObject): JsonObject {
  if (type === 'custom_tool_call') return { id: callId, type: 'custom', custom: { name, input: input ?? '' } };
  return { id: callId, type: 'function', function: { name, arguments: given ?? '' } };
}

export function chatAnnotation(annotation: unknown): unknown {
  if (!isJsonObject(annotation)) return annotation;
  const { type, ...own } = annotation;
  return { type, [String(type)]: own };
}

/** The reasoning text if the vendor sends it, else its summary. */
function thinkingOf({ content, summary }: JsonObject): string {
  const reported = textsIn(content).join('');
  return reported === '' ? textsIn(summary).join('\n\n') : reported;
}

function partsOf({ content }: JsonObject): JsonObject[] {
  return listOf(content).filter(isJsonObject);
}

function textsIn(parts: unknown): string[] {
  return listOf(parts)
    .filter(isJsonObject)
    .map(({ text }) => (typeof text === 'string' ? text : ''));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
