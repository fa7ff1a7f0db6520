import OpenAI from 'openai';
import type { ChatCompletionChunk, ChatCompletionMessage } from 'openai/resources/chat/completions';
import { type ClientView, type ErrorView, type Question, type ToolCall, viewOf } from './client-view.js';
import type { Mounted } from './mounts.js';

/** The shortest question there is. */
export const QUESTION = [{ role: 'user', content: 'Hi' }] as const;

/** Asks for a chat completion with the official client. */
export function askChat(mounted: Mounted, question: Question): Promise<ClientView> {
  const chunks: ChatCompletionChunk[] = [];
  let message: ChatCompletionMessage | undefined;
  return viewOf<InstanceType<typeof OpenAI.APIError>>(mounted, question, {
    async ask(fetch) {
      const openai = new OpenAI({ baseURL: mounted.baseUrl, apiKey: 'unused', maxRetries: 0, fetch });
      const request = { messages: QUESTION, ...question } as unknown as OpenAI.ChatCompletionCreateParams;
      const answer = await openai.chat.completions.create(request);
      if ('choices' in answer) message = answer.choices[0]?.message;
      else for await (const chunk of answer) chunks.push(chunk);
    },
    heard: () => ({
      content: message?.content ?? chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
      toolCalls: message ? wholeCalls(message) : joinedCalls(chunks),
      finishReasons: chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []),
      usages: chunks.flatMap(({ usage }) => usage?.completion_tokens ?? []),
      openings: chunks.filter(({ choices }) => choices[0]?.delta.role).length,
    }),
    failure: OpenAI.APIError,
    errorOf: ({ error }) => error as ErrorView,
    endsWell(events, failed) {
      const errors = events.filter((event) => event.startsWith('{"error"'));
      const done = events.filter((event) => event === '[DONE]');
      const last = events.at(-1);
      return failed
        ? errors.length === 1 && last === errors[0] && done.length === 0
        : done.length === 1 && last === '[DONE]' && errors.length === 0;
    },
  });
}

function wholeCalls(message: ChatCompletionMessage): ToolCall[] {
  return (message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? [{ name: call.function.name, pieces: [call.function.arguments] }] : [],
  );
}

function joinedCalls(chunks: readonly ChatCompletionChunk[]): ToolCall[] {
  const calls: { name: string; pieces: string[] }[] = [];
  for (const piece of chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    const call = calls[piece.index] ?? { name: '', pieces: [] };
    calls[piece.index] = call;
    call.name += piece.function?.name ?? '';
    if (piece.function?.arguments) call.pieces.push(piece.function.arguments);
  }
  return calls;
}
