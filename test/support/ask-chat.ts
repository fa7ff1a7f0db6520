import type { FailureKind } from '@portico/core';
import OpenAI from 'openai';
import type { ChatCompletionChunk, ChatCompletionMessage } from 'openai/resources/chat/completions';
import type { Mounted } from './mounts.js';

/** What the official client made of a call, and what came over the wire. */
export interface ClientView {
  /** A whole answer, an error instead of one, or an error after its beginning. */
  readonly ended: 'answer' | 'error' | 'broken off';
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly raw: string;
  readonly content: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReasons: readonly string[];
  /** How often usage was told. */
  readonly usages: number;
  /** How often a stream opened. */
  readonly openings: number;
  readonly error: { readonly kind: FailureKind; readonly code: string; readonly message: string } | undefined;
}

export interface ToolCall {
  readonly name: string;
  /** The pieces its arguments came in. */
  readonly pieces: readonly string[];
}

/** The shortest question there is. */
export const QUESTION = [{ role: 'user', content: 'Hi' }] as const;

/**
 * Asks for a chat completion with the official client and says what both the client and the wire had. Throws where the two
 * do not agree, and where a stream is not spelled as it must be: whole events, then either `[DONE]` or one error, and nothing after.
 */
export async function askChat(
  mounted: Mounted,
  body: { readonly model: string; readonly stream: boolean; readonly [parameter: string]: unknown },
): Promise<ClientView> {
  let response: Response | undefined;
  let copy: Promise<string> | undefined;
  const openai = new OpenAI({
    baseURL: mounted.baseUrl,
    apiKey: 'unused',
    maxRetries: 0,
    async fetch(input, init) {
      response = await mounted.fetch(input, init);
      copy = response.clone().text();
      return response;
    },
  });
  const heard = { chunks: [] as ChatCompletionChunk[], message: undefined as ChatCompletionMessage | undefined };
  let error: InstanceType<typeof OpenAI.APIError> | undefined;
  try {
    const request = { messages: QUESTION, ...body } as unknown as OpenAI.ChatCompletionCreateParams;
    const answer = await openai.chat.completions.create(request);
    if ('choices' in answer) heard.message = answer.choices[0]?.message;
    else for await (const chunk of answer) heard.chunks.push(chunk);
  } catch (thrown) {
    if (!(thrown instanceof OpenAI.APIError) || response === undefined) throw thrown;
    error = thrown;
  }
  if (response === undefined || copy === undefined) throw new Error('The client did not ask.');
  const raw = await copy;
  const streamed = response.status === 200 && body.stream;
  if (streamed) checkSpelling(raw, error !== undefined);
  return {
    ended: error === undefined ? 'answer' : streamed ? 'broken off' : 'error',
    status: response.status,
    headers: response.headers,
    raw,
    content: heard.message?.content ?? heard.chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    toolCalls: heard.message ? wholeCalls(heard.message) : joinedCalls(heard.chunks),
    finishReasons: heard.chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []),
    usages: heard.chunks.filter(({ usage }) => usage).length,
    openings: heard.chunks.filter(({ choices }) => choices[0]?.delta.role).length,
    error: error && (error.error as ClientView['error']),
  };
}

/** The data of each event of a stream, in order. */
export function eventsIn(raw: string): string[] {
  return raw.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice('data: '.length)] : []));
}

function checkSpelling(raw: string, failed: boolean): void {
  const events = eventsIn(raw);
  const errors = events.filter((event) => event.startsWith('{"error"'));
  const done = events.filter((event) => event === '[DONE]');
  const last = events.at(-1);
  const well = failed
    ? errors.length === 1 && last === errors[0] && done.length === 0
    : done.length === 1 && last === '[DONE]' && errors.length === 0;
  if (!raw.endsWith('\n\n') || !well) throw new Error(`The stream ended badly: …${raw.slice(-300)}`);
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
