import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { annotationsFromCitations } from './annotations-from-citations.js';
import { providerName } from './classify.js';
import { failureOfFinish, finishToChat } from './finish-to-chat.js';
import { logprobsToChat } from './logprobs-to-chat.js';
import { usageToChat } from './usage-to-chat.js';

/**
 * A whole answer as a chat completion. Thoughts, and the plan that a model makes before it calls tools, are in
 * `reasoning_content`; the sources of the text are in `provider_specific_fields.citations`.
 */
export function chatAnswer(answer: JsonObject, target: EncodeTarget): JsonObject {
  const { message, finish_reason: reason } = answer;
  if (!isJsonObject(message)) {
    throw new GatewayError('upstream_error', `${providerName} answered without a message.`, { upstreamStatus: 200 });
  }
  const failure = failureOfFinish(reason);
  if (failure !== undefined) throw failure;
  const { text, thinking } = contentOf(message.content);
  const plan = typeof message.tool_plan === 'string' ? message.tool_plan : '';
  const reasoning = thinking + plan;
  const calls = listOf(message.tool_calls)
    .map(callToChat)
    .filter((call) => call !== undefined);
  const citations = listOf(message.citations);
  const annotations = annotationsFromCitations(citations);
  const usage = usageToChat(answer.usage);
  return {
    id: idOf(answer, target),
    object: 'chat.completion',
    created: target.createdAt,
    model: target.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
          ...(annotations.length === 0 ? {} : { annotations }),
          ...(citations.length === 0 ? {} : { provider_specific_fields: { citations } }),
        },
        logprobs: logprobsToChat(answer.logprobs),
        finish_reason: finishToChat(reason, calls.length > 0),
      },
    ],
    ...(usage === undefined ? {} : { usage: usage.shown }),
  };
}

/** The answer's own id, or one made from the time of the request. */
export function idOf({ id }: JsonObject, target: EncodeTarget): string {
  return typeof id === 'string' && id !== '' ? id : `chatcmpl-${target.createdAt}`;
}

/** The objects in a list; none if it is not a list. */
function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isJsonObject) : [];
}

function contentOf(content: unknown): { text: string; thinking: string } {
  if (typeof content === 'string') return { text: content, thinking: '' };
  let text = '';
  let thinking = '';
  for (const part of listOf(content)) {
    if (typeof part.text === 'string') text += part.text;
    if (typeof part.thinking === 'string') thinking += part.thinking;
  }
  return { text, thinking };
}

function callToChat({ id, function: called }: JsonObject, index: number): JsonObject | undefined {
  if (!isJsonObject(called) || typeof called.name !== 'string') return undefined;
  const { name, arguments: args } = called;
  const text = typeof args === 'string' ? args : JSON.stringify(args ?? {});
  return {
    id: typeof id === 'string' && id !== '' ? id : `call_${index}`,
    type: 'function',
    function: { name, arguments: text === '' ? '{}' : text },
  };
}
