import type OpenAI from 'openai';

/** What a client read, whole or joined from a stream, in the words of the chat wire. */
export interface ReadAnswer {
  text: string;
  refusal: string;
  reasoning: string;
  toolCalls: { name: string; arguments: unknown }[];
  finish: string | null | undefined;
  usage: { readonly input: number; readonly output: number } | undefined;
}

type Body = Record<string, unknown>;

/** Asks with the official client and reads the first choice, as an application would. */
export async function readAnswer(openai: OpenAI, body: Body, stream: boolean): Promise<ReadAnswer> {
  // Recorded requests are more than the client's types know; the client sends what it is given.
  const request = { ...body, stream } as unknown as OpenAI.Chat.ChatCompletionCreateParams;
  return stream
    ? await joinStream(openai, request as OpenAI.Chat.ChatCompletionCreateParamsStreaming)
    : await readWhole(openai, request as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming);
}

async function readWhole(
  openai: OpenAI,
  body: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming,
): Promise<ReadAnswer> {
  const answer = await openai.chat.completions.create(body);
  const choice = answer.choices[0];
  // What a content filter withheld whole comes without a message.
  const message: Thinking<OpenAI.Chat.ChatCompletionMessage> | undefined = choice?.message;
  return {
    text: message?.content ?? '',
    refusal: message?.refusal ?? '',
    reasoning: message?.reasoning_content ?? message?.reasoning ?? '',
    toolCalls: (message?.tool_calls ?? []).map((call) =>
      call.type === 'custom'
        ? { name: call.custom.name, arguments: call.custom.input }
        : { name: call.function.name, arguments: parsed(call.function.arguments) },
    ),
    finish: choice?.finish_reason,
    usage: usageIn(answer.usage),
  };
}

/** What many vendors have beside OpenAI's fields. */
type Thinking<T> = T & { readonly reasoning_content?: string | null; readonly reasoning?: string | null };

function usageIn(usage: OpenAI.CompletionUsage | null | undefined): ReadAnswer['usage'] {
  return usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : undefined;
}

async function joinStream(openai: OpenAI, body: OpenAI.Chat.ChatCompletionCreateParamsStreaming): Promise<ReadAnswer> {
  const answer: ReadAnswer = nothingYet();
  const calls = new Map<number, { name: string; text: string; custom: boolean }>();
  for await (const chunk of await openai.chat.completions.create(body)) {
    answer.usage = usageIn(chunk.usage) ?? answer.usage;
    for (const choice of chunk.choices) {
      if (choice.index !== 0) continue;
      answer.text += choice.delta.content ?? '';
      answer.refusal += choice.delta.refusal ?? '';
      const { reasoning_content: thought, reasoning } = choice.delta as Thinking<typeof choice.delta>;
      answer.reasoning += thought ?? reasoning ?? '';
      answer.finish = choice.finish_reason ?? answer.finish;
      for (const call of choice.delta.tool_calls ?? []) {
        const index = call.index ?? calls.size;
        const known = calls.get(index) ?? { name: '', text: '', custom: false };
        calls.set(index, known);
        const { custom } = call as { custom?: { name?: string; input?: string } };
        known.name += call.function?.name ?? custom?.name ?? '';
        known.text += call.function?.arguments ?? custom?.input ?? '';
        known.custom ||= custom !== undefined;
      }
    }
  }
  answer.toolCalls = [...calls.values()].map(({ name, text, custom }) => ({
    name,
    arguments: custom ? text : parsed(text),
  }));
  return answer;
}

/** An answer of which nothing was read so far. */
export function nothingYet(): ReadAnswer {
  return { text: '', refusal: '', reasoning: '', toolCalls: [], finish: undefined, usage: undefined };
}

/** Arguments as a value; as text where they broke off. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return text;
  }
}
