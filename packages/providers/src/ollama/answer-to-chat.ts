import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget } from '@portico/core/provider';
import { type ChatUsage, chatUsage, countOf } from '../shared/chat-usage.js';
import { providerName } from './classify.js';

/** A whole answer as a chat completion; thoughts are in `reasoning_content`. */
export function chatAnswer(answer: JsonObject, target: EncodeTarget): JsonObject {
  const { message } = answer;
  if (!isJsonObject(message)) {
    throw new GatewayError('upstream_error', `${providerName} answered without a message.`, { upstreamStatus: 200 });
  }
  const { content, thinking } = message;
  const text = typeof content === 'string' ? content : '';
  const calls = callsToChat(message.tool_calls, idOf(answer, target), 0);
  const usage = usageToChat(answer);
  return {
    id: idOf(answer, target),
    object: 'chat.completion',
    created: target.createdAt,
    model: answer.model ?? target.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(typeof thinking === 'string' && thinking !== '' ? { reasoning_content: thinking } : {}),
          ...(calls.length === 0 ? {} : { tool_calls: calls.map(({ index: _index, ...call }) => call) }),
        },
        logprobs: logprobsToChat(answer.logprobs),
        finish_reason: finishToChat(answer.done_reason, calls.length > 0),
      },
    ],
    ...(usage === undefined ? {} : { usage: usage.shown }),
  };
}

/** Answers have no ids, but a creation time to the nanosecond. */
export function idOf({ created_at: createdAt }: JsonObject, target: EncodeTarget): string {
  const digits = typeof createdAt === 'string' ? createdAt.replaceAll(/\D/g, '').slice(0, 30) : '';
  return `chatcmpl-${digits === '' ? target.createdAt : digits}`;
}

export interface ReportedCall {
  readonly index: number;
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** The calls of a message. Those without an id get one made from the answer, numbered from `before`. */
export function callsToChat(calls: unknown, answerId: string, before: number): ReportedCall[] {
  const known = Array.isArray(calls) ? (calls as unknown[]).filter(isJsonObject) : [];
  return known.flatMap(({ id, function: called }, place) => {
    if (!isJsonObject(called) || typeof called.name !== 'string') return [];
    const { name, arguments: args } = called;
    const text = typeof args === 'string' ? args : JSON.stringify(args ?? {});
    const index = before + place;
    const given = typeof id === 'string' && id !== '' ? id : `${answerId.replace('chatcmpl-', 'call_')}_${index}`;
    return [{ index, id: given, type: 'function' as const, function: { name, arguments: text } }];
  });
}

/** Why an answer ended. The API says `stop` also when it stops for calls. */
export function finishToChat(reason: unknown, hasCalls: boolean): string {
  if (reason === 'length') return 'length';
  return hasCalls ? 'tool_calls' : 'stop';
}

/** The usage of an answer. A cached prompt is not counted again, and its count may be missing. */
export function usageToChat({ prompt_eval_count: read, eval_count: written }: JsonObject): ChatUsage | undefined {
  return chatUsage({ input: countOf(read), output: countOf(written) });
}

/** The API uses the names of the chat API. */
export function logprobsToChat(logprobs: unknown): JsonObject | null {
  const content = Array.isArray(logprobs) ? (logprobs as unknown[]).filter(isJsonObject) : [];
  if (content.length === 0) return null;
  return { content: content.map((one) => ({ bytes: null, top_logprobs: [], ...one })), refusal: null };
}
