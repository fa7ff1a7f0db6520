import type Anthropic from '@anthropic-ai/sdk';
import { nothingYet, parsed, type ReadAnswer } from './read-answer.js';

type Body = Record<string, unknown>;

const FINISHES: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** Asks with Anthropic's own client and reads the message, as an application would; a stream by its pieces. */
export async function readMessage(client: Anthropic, body: Body, stream: boolean): Promise<ReadAnswer> {
  const asked = { max_tokens: 1_000, ...body } as unknown as Anthropic.MessageCreateParamsNonStreaming;
  if (!stream) return readWhole(await client.messages.create(asked));
  const blocks = new Map<number, { type: string; text: string; name: string }>();
  let usage: Anthropic.MessageDeltaUsage | Anthropic.Usage | undefined;
  let stop: string | null = null;
  for await (const event of await client.messages.create({ ...asked, stream: true })) {
    if (event.type === 'message_start') usage = event.message.usage;
    if (event.type === 'content_block_start') {
      const { content_block: block } = event;
      const text = block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : '';
      blocks.set(event.index, { type: block.type, text, name: block.type === 'tool_use' ? block.name : '' });
    }
    if (event.type === 'content_block_delta') {
      const block = blocks.get(event.index);
      if (block === undefined) throw new Error('a piece of a block that was not begun');
      const { delta } = event;
      if (delta.type === 'text_delta') block.text += delta.text;
      if (delta.type === 'thinking_delta') block.text += delta.thinking;
      if (delta.type === 'input_json_delta') block.text += delta.partial_json;
    }
    if (event.type === 'message_delta') {
      stop = event.delta.stop_reason;
      const told = Object.fromEntries(Object.entries(event.usage).filter(([, count]) => count !== null));
      usage = { ...(usage as Anthropic.Usage), ...told };
    }
  }
  const answer = nothingYet();
  for (const { type, text, name } of blocks.values()) {
    if (type === 'text') answer.text += text;
    if (type === 'thinking') answer.reasoning += text;
    if (type === 'tool_use') answer.toolCalls.push({ name, arguments: parsed(text) });
  }
  return { ...answer, finish: FINISHES[stop ?? ''], usage: usageIn(usage) };
}

function readWhole(message: Anthropic.Message): ReadAnswer {
  const answer = nothingYet();
  for (const block of message.content) {
    if (block.type === 'text') answer.text += block.text;
    if (block.type === 'thinking') answer.reasoning += block.thinking;
    if (block.type === 'tool_use') answer.toolCalls.push({ name: block.name, arguments: block.input });
  }
  return { ...answer, finish: FINISHES[message.stop_reason ?? ''], usage: usageIn(message.usage) };
}

/** What the cache had is counted apart from the input. */
function usageIn(usage: Anthropic.Usage | Anthropic.MessageDeltaUsage | undefined): ReadAnswer['usage'] {
  if (usage === undefined) return undefined;
  const { input_tokens: fresh, cache_creation_input_tokens: written, cache_read_input_tokens: read } = usage;
  return { input: (fresh ?? 0) + (written ?? 0) + (read ?? 0), output: usage.output_tokens };
}
