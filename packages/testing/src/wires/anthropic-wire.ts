import type { Answer, ToolCall } from '../answers/compose-answer.js';
import { failureReply } from './failures.js';
import { eventsOf, fragmentsOf, type StreamScript } from './script.js';
import type { SseEvent } from './sse.js';
import type { Wire } from './wire.js';

/**
 * Anthropic's Messages, whose stream is: message_start, ping, then each block opened, filled and closed before the
 * next one opens, message_delta, message_stop.
 */
export const messagesWire: Wire = {
  dialect: 'anthropic',
  callsTools: true,
  json: (answer) => ({
    ...messageHead(answer),
    content:
      answer.toolCalls.length > 0
        ? answer.toolCalls.map((call) => ({ ...toolBlock(call), input: JSON.parse(call.json) as unknown }))
        : [{ type: 'text', text: answer.tokens.join('') }],
    stop_reason: STOP_REASONS[answer.finish],
    usage: usageOf(answer, answer.completionTokens),
  }),
  script,
  oddUsage(answer, _question, oddity) {
    const parts = script(answer);
    switch (oddity) {
      case 'missing':
        return eventsOf(parts).map(withoutUsage);
      case 'twice':
        return eventsOf({ ...parts, finish: [...parts.finish, messageDelta(answer)] });
      case 'in-choices':
        // There are no choices here; the closest equivalent is usage inside the delta.
        return eventsOf(parts).map((event) => (event.event === 'message_delta' ? usageInDelta(event) : event));
      case 'cumulative':
        return eventsOf({ ...parts, finish: runningCounts(answer) });
    }
  },
  errorEvent: (failure) => {
    const { body } = failureReply(failure, 'anthropic');
    return { event: 'error', data: body };
  },
  strayEvent: () => delta(0, { type: 'text_delta', text: ' after the end' }),
  malformedEvent: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"ty\n\n',
};

function script(answer: Answer): StreamScript {
  const opening = [event('message_start', { message: { ...messageHead(answer), usage: usageOf(answer, 1) } })];
  const terminal = [event('message_stop', {})];

  if (answer.toolCalls.length === 0) {
    return {
      opening: [...opening, blockStart(0, { type: 'text', text: '' }), event('ping', {})],
      content: [...answer.tokens.map((text) => delta(0, { type: 'text_delta', text })), blockStop(0)],
      finish: [messageDelta(answer)],
      usage: [],
      terminal,
    };
  }
  const blocks = answer.toolCalls.map((call, index) => [
    blockStart(index, toolBlock(call)),
    ...['', ...fragmentsOf(call.json)].map((json) => delta(index, { type: 'input_json_delta', partial_json: json })),
    blockStop(index),
  ]);
  return {
    opening: [...opening, event('ping', {})],
    content: blocks.flat(),
    finish: [messageDelta(answer)],
    usage: [],
    terminal,
  };
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

// The data repeats the name of the event as its type.
function event(name: string, fields: object): SseEvent {
  return { event: name, data: { type: name, ...fields } };
}

function messageHead(answer: Answer): Record<string, unknown> {
  return {
    id: `msg_fake_${answer.number}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function usageOf(answer: Answer, outputTokens: number): Record<string, unknown> {
  return {
    input_tokens: answer.promptTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    service_tier: 'standard',
  };
}

function toolBlock(call: ToolCall): Record<string, unknown> {
  return { type: 'tool_use', id: call.id.replace('call_', 'toolu_'), name: call.name, input: {} };
}

function blockStart(index: number, block: object): SseEvent {
  return event('content_block_start', { index, content_block: block });
}

function delta(index: number, fields: object): SseEvent {
  return event('content_block_delta', { index, delta: fields });
}

function blockStop(index: number): SseEvent {
  return event('content_block_stop', { index });
}

function messageDelta(answer: Answer): SseEvent {
  return event('message_delta', {
    delta: { stop_reason: STOP_REASONS[answer.finish], stop_sequence: null },
    usage: { output_tokens: answer.completionTokens },
  });
}

// Each repeats the input and counts the output from the start, as the API describes: they must not be added up.
function runningCounts(answer: Answer): SseEvent[] {
  const last = answer.completionTokens;
  return [Math.ceil(last / 3), Math.ceil((2 * last) / 3), last].map((outputTokens) =>
    event('message_delta', {
      delta: { stop_reason: outputTokens === last ? STOP_REASONS[answer.finish] : null, stop_sequence: null },
      usage: usageOf(answer, outputTokens),
    }),
  );
}

function withoutUsage(sent: SseEvent): SseEvent {
  const { usage: _left, message, ...rest } = sent.data as { usage?: unknown; message?: Record<string, unknown> };
  if (message === undefined) return { ...sent, data: rest };
  const { usage: _alsoLeft, ...head } = message;
  return { ...sent, data: { ...rest, message: head } };
}

function usageInDelta(sent: SseEvent): SseEvent {
  const { usage, delta: inner, ...rest } = sent.data as { usage: unknown; delta: object }; // `messageDelta` made it.
  return { ...sent, data: { ...rest, delta: { ...inner, usage } } };
}
