import Anthropic from '@anthropic-ai/sdk';
import { QUESTION } from './ask-chat.js';
import {
  type ClientView,
  type ErrorView,
  namedEventsEndWell,
  type Question,
  type ToolCall,
  viewOf,
} from './client-view.js';
import type { Mounted } from './mounts.js';

type Message = Anthropic.Messages.Message;
type StreamEvent = Anthropic.Messages.RawMessageStreamEvent;

/** Longer than any answer of the fake provider, in tokens. */
const MOST_TOKENS = 20_000_000;

/** Asks for a message with Anthropic's official client. */
export function askMessages(mounted: Mounted, question: Question): Promise<ClientView> {
  const events: StreamEvent[] = [];
  let message: Message | undefined;
  return viewOf<InstanceType<typeof Anthropic.APIError>>(mounted, question, {
    async ask(fetch) {
      const baseURL = mounted.baseUrl.replace(/\/v1$/, '');
      // A timeout of one's own: without it the client refuses to wait for so long an answer.
      const anthropic = new Anthropic({ baseURL, apiKey: 'unused', maxRetries: 0, timeout: 60_000, fetch });
      const request = { max_tokens: MOST_TOKENS, messages: QUESTION, ...question };
      const answer = await anthropic.messages.create(request as unknown as Anthropic.MessageCreateParams);
      if ('content' in answer) message = answer;
      else for await (const event of answer) events.push(event);
    },
    heard: () => ({
      content: message
        ? message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
        : events.map((event) => (isDelta(event) && event.delta.type === 'text_delta' ? event.delta.text : '')).join(''),
      toolCalls: message ? wholeCalls(message) : joinedCalls(events),
      finishReasons: events.flatMap((event) =>
        event.type === 'message_delta' ? (FINISHES[event.delta.stop_reason ?? ''] ?? []) : [],
      ),
      usages: events.flatMap((event) => (event.type === 'message_delta' ? event.usage.output_tokens : [])),
      openings: events.filter(({ type }) => type === 'message_start').length,
    }),
    failure: Anthropic.APIError,
    errorOf: ({ error }) => (error as { readonly error: ErrorView }).error,
    endsWell: (told, failed) => namedEventsEndWell(told, ['message_stop'], failed),
  });
}

const FINISHES: Readonly<Record<string, string>> = { end_turn: 'stop', tool_use: 'tool_calls', max_tokens: 'length' };

function isDelta(event: StreamEvent): event is Anthropic.Messages.RawContentBlockDeltaEvent {
  return event.type === 'content_block_delta';
}

function wholeCalls({ content }: Message): ToolCall[] {
  return content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: block.name, pieces: [JSON.stringify(block.input)] }] : [],
  );
}

function joinedCalls(events: readonly StreamEvent[]): ToolCall[] {
  const calls = new Map<number, { name: string; pieces: string[] }>();
  for (const event of events) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
      calls.set(event.index, { name: event.content_block.name, pieces: [] });
    } else if (isDelta(event) && event.delta.type === 'input_json_delta' && event.delta.partial_json !== '') {
      calls.get(event.index)?.pieces.push(event.delta.partial_json);
    }
  }
  return [...calls.values()];
}
