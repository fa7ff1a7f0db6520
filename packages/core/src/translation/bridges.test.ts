import { describe, expect, it } from 'vitest';
import type { EncodeTarget, StreamDecoder, StreamSink } from '../codec.js';
import type { JsonObject } from '../encoding/json.js';
import { createChatStream } from './chat-via-responses/stream.js';
import { messageFromChat } from './messages-via-chat/answer.js';
import { chatFromMessages } from './messages-via-chat/request.js';
import { createMessageStream } from './messages-via-chat/stream.js';
import { responseFromChat } from './responses-via-chat/answer.js';
import { chatFromResponses } from './responses-via-chat/request.js';
import { createResponseStream } from './responses-via-chat/stream.js';

describe('arguments of a call that stand only in the event that completes them', () => {
  const events = [
    { type: 'response.created', response: { id: 'resp_1' } },
    { type: 'response.output_item.added', output_index: 0, item: callItem('') },
    { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"cmd":"ls -la"}' },
    { type: 'response.output_item.done', output_index: 0, item: callItem('{}') },
    { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [] } },
  ];

  it('reach a client of chat completions once', () => {
    const chunks = read(createChatStream(FORWARD), events);
    const pieces = chunks.flatMap(({ choices }) => choices[0].delta.tool_calls ?? []);
    expect(pieces.map(({ function: { arguments: piece } }) => piece).join('')).toBe('{"cmd":"ls -la"}');
  });

  it('reach a client of the Messages API once', () => {
    expect(inputsOf(read(createMessageStream(createChatStream(FORWARD)), events))).toEqual(['{"cmd":"ls -la"}']);
  });
});

describe('the blocks of a streamed message', () => {
  it('never overlap: each call ends before the next begins', () => {
    const events = read(createMessageStream(FORWARD), [
      ...callChunks(0, 'alpha', ['{"a":', '1}']),
      ...callChunks(1, 'beta', ['{"b":2}']),
      finish('tool_calls'),
    ]);
    expect(outlineOf(events)).toEqual(['start 0 tool_use', 'stop 0', 'start 1 tool_use', 'stop 1']);
    expect(inputsOf(events)).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('never overlap when text follows a call', () => {
    const events = read(createMessageStream(FORWARD), [
      ...callChunks(0, 'alpha', ['{}']),
      chunk({ content: 'Done' }),
      finish('tool_calls'),
    ]);
    expect(outlineOf(events)).toEqual(['start 0 tool_use', 'stop 0', 'start 1 text', 'stop 1']);
  });

  it('never overlap when an upstream interleaves the pieces of two calls, and no piece is lost', () => {
    const events = read(createMessageStream(FORWARD), [
      ...callChunks(0, 'alpha', ['{"a":']),
      ...callChunks(1, 'beta', ['{"b":']),
      piece(0, '1}'),
      piece(1, '2}'),
      finish('tool_calls'),
    ]);
    expect(outlineOf(events)).toEqual(['start 0 tool_use', 'stop 0', 'start 1 tool_use', 'stop 1']);
    expect(inputsOf(events)).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('keep a call without arguments open for later pieces, until the end', () => {
    const events = read(createMessageStream(FORWARD), [
      ...callChunks(0, 'alpha', []),
      ...callChunks(1, 'beta', ['{"b":2}']),
      piece(0, '{"a":1}'),
      finish('tool_calls'),
    ]);
    expect(inputsOf(events)).toEqual(['{"a":1}', '{"b":2}']);
  });
});

describe('the reason why a message ended', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'save', arguments: '{}' } };

  it.each(['stop', 'tool_calls', 'function_call'])(
    'is tool_use with a call, whatever "%s" the upstream said',
    (said) => {
      const whole = messageFromChat(answer({ tool_calls: [call] }, { finish_reason: said }));
      const streamed = read(createMessageStream(FORWARD), [...callChunks(0, 'save', ['{}']), finish(said)]);
      expect([whole.stop_reason, stopOf(streamed).stop_reason]).toEqual(['tool_use', 'tool_use']);
    },
  );

  it('stays max_tokens when a call was cut off', () => {
    expect(messageFromChat(answer({ tool_calls: [call] }, { finish_reason: 'length' })).stop_reason).toBe('max_tokens');
  });

  it.each(['stop_reason', 'matched_stop'])('is the stop sequence that the server names in %s', (field) => {
    const request = { stop_sequences: ['THREE'] };
    const whole = messageFromChat(answer({ content: '1 2' }, { finish_reason: 'stop', [field]: 'THREE' }), request);
    const streamed = read(createMessageStream(FORWARD, request), [finish('stop', { [field]: 'THREE' })]);
    const wanted = { stop_reason: 'stop_sequence', stop_sequence: 'THREE' };
    expect(whole).toMatchObject(wanted);
    expect(stopOf(streamed)).toEqual(wanted);
  });

  it.each([42, null, undefined, 'OTHER'])('is end_turn when the server names %s', (named) => {
    const request = { stop_sequences: ['THREE'] };
    const whole = messageFromChat(answer({ content: '1' }, { finish_reason: 'stop', stop_reason: named }), request);
    expect(whole).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null });
  });
});

it('gives a call without arguments an empty object, for clients of the Responses API', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'now', arguments: '' } };
  const whole = responseFromChat(answer({ tool_calls: [call] }, { finish_reason: 'tool_calls' }), undefined);
  const events = read(createResponseStream(FORWARD, undefined), [...callChunks(0, 'now', []), finish('tool_calls')]);
  const wanted = [expect.objectContaining({ type: 'function_call', arguments: '{}' })];
  expect(whole.output).toEqual(wanted);
  expect(events.at(-1)?.response.output).toEqual(wanted);
});

describe('names of tools longer than 64 characters', () => {
  const [long, other] = [`${'x'.repeat(79)}a`, `${'x'.repeat(79)}b`];
  const request = {
    messages: [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: long, input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'x' }] },
    ],
    tools: [long, other].map((name) => ({ name, input_schema: { type: 'object' } })),
    tool_choice: { type: 'tool', name: long },
  };

  it('are shortened in the same way everywhere, and stay different', () => {
    const chat: Loose = chatFromMessages(request, target());
    const [first, second] = chat.tools.map(({ function: { name } }: Loose) => name);
    expect([first.length, second.length, first === second]).toEqual([64, 64, false]);
    expect(chat.messages[1].tool_calls[0].function.name).toBe(first);
    expect(chat.tool_choice.function.name).toBe(first);
  });

  it('come back in full', () => {
    const chat: Loose = chatFromMessages(request, target());
    const name = chat.tools[1].function.name;
    const call = { id: 'c2', type: 'function', function: { name, arguments: '{}' } };
    const whole: Loose = messageFromChat(answer({ tool_calls: [call] }, { finish_reason: 'tool_calls' }), request);
    const streamed = read(createMessageStream(FORWARD, request), callChunks(0, name, ['{}']));
    expect(whole.content[0].name).toBe(other);
    expect(streamed.find(({ type }) => type === 'content_block_start')?.content_block.name).toBe(other);
  });

  it('come back in full on the Responses API', () => {
    const tools = [{ type: 'function', name: long, parameters: { type: 'object' } }];
    const chat: Loose = chatFromResponses({ input: 'Go', tools }, target());
    const call = { id: 'c1', type: 'function', function: { name: chat.tools[0].function.name, arguments: '{}' } };
    const whole: Loose = responseFromChat(answer({ tool_calls: [call] }, { finish_reason: 'tool_calls' }), { tools });
    expect([chat.tools[0].function.name.length, whole.output[0].name]).toEqual([64, long]);
  });
});

describe('the only tool, left out because its vendor alone runs it', () => {
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };

  it.each([{ type: 'tool', name: 'web_search' }, { type: 'any' }, { type: 'auto' }])(
    'leaves neither an empty list nor a choice: %o',
    (choice) => {
      const request = { messages: [{ role: 'user', content: 'Go' }], tools: [search], tool_choice: choice };
      const chat = chatFromMessages(request, target({ dropUnsupported: true }));
      expect(chat).toEqual({ messages: request.messages });
    },
  );

  it('is a refusal where nothing may be dropped', () => {
    expect(() => chatFromMessages({ messages: [], tools: [search] }, target())).toThrow(/vendor-specific tool/);
  });
});

it('tells a vendor without signatures the thinking of a Messages client as reasoning', () => {
  const content = [
    { type: 'thinking', thinking: 'I need the files.', signature: '' },
    { type: 'tool_use', id: 'c1', name: 'run', input: {} },
  ];
  const chat: Loose = chatFromMessages({ messages: [{ role: 'assistant', content }] }, target());
  expect(chat.messages[0].reasoning_content).toBe('I need the files.');
  expect(chat.messages[0].thinking_blocks).toBeUndefined();
});

it('keeps marks for the cache, from the Responses API and from the Messages API', () => {
  const mark = { cache_control: { type: 'ephemeral' } };
  const tool = { name: 'run', ...mark };
  const fromResponses: Loose = chatFromResponses(
    {
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'A long book', ...mark }] },
        { type: 'function_call', call_id: 'c1', name: 'run', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'out', ...mark },
      ],
      tools: [{ type: 'function', parameters: { type: 'object' }, ...tool }],
    },
    target(),
  );
  const fromMessages: Loose = chatFromMessages(
    {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'A long book', ...mark }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'run', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'out', ...mark }] },
      ],
      tools: [{ input_schema: { type: 'object' }, ...tool }],
    },
    target(),
  );
  for (const { messages, tools } of [fromResponses, fromMessages]) {
    expect([messages[0].content[0], messages[2], tools[0]]).toEqual([
      expect.objectContaining(mark),
      expect.objectContaining(mark),
      expect.objectContaining(mark),
    ]);
  }
});

it('tells "thinking" only to a codec that reads it', () => {
  const request = { messages: [{ role: 'user', content: 'Hi' }], thinking: { type: 'enabled', budget_tokens: 2000 } };
  expect(chatFromMessages(request, target(), true).thinking).toEqual(request.thinking);
  expect(chatFromMessages(request, target()).thinking).toBeUndefined();
});

// biome-ignore lint/suspicious/noExplicitAny: what was told is read field by field, and asserted.
type Loose = any;

function target(more: Partial<EncodeTarget> = {}): EncodeTarget {
  return {
    model: 'm',
    baseModel: 'm',
    stream: false,
    maxOutputTokens: undefined,
    wantsUsage: false,
    mayAskUsage: true,
    dropUnsupported: false,
    warn() {},
    createdAt: 0,
    ...more,
  };
}

function callItem(given: string): JsonObject {
  return { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'run', arguments: given };
}

function answer(message: JsonObject, more: JsonObject): JsonObject {
  return {
    id: 'chatcmpl-1',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, ...more }],
  };
}

function chunk(delta: JsonObject, more: JsonObject = {}): JsonObject {
  return { id: 'chatcmpl-1', choices: [{ index: 0, delta, finish_reason: null, ...more }] };
}

function piece(index: number, given: string): JsonObject {
  return chunk({ tool_calls: [{ index, function: { arguments: given } }] });
}

function callChunks(index: number, name: string, given: readonly string[]): JsonObject[] {
  const opening = { index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } };
  return [chunk({ tool_calls: [opening] }), ...given.map((text) => piece(index, text))];
}

function finish(reason: string, more: JsonObject = {}): JsonObject {
  return chunk({}, { finish_reason: reason, ...more });
}

const FORWARD: StreamDecoder = {
  event: (data, _name, out) => (data === 'end' ? out.done() : out.chunk(data, true)),
  end() {},
};

/** What a decoder makes of events. */
function read(decoder: StreamDecoder, events: readonly JsonObject[]): Loose[] {
  const chunks: Loose[] = [];
  const sink: StreamSink = {
    chunk: (json) => void chunks.push(JSON.parse(json)),
    usage() {},
    produced() {},
    done() {},
    fail: (failure) => {
      throw failure;
    },
    malformed: () => {
      throw new Error('an event could not be read');
    },
  };
  for (const event of events) decoder.event(JSON.stringify(event), undefined, sink);
  decoder.event('end', undefined, sink);
  return chunks;
}

function outlineOf(events: readonly Loose[]): string[] {
  return events.flatMap(({ type, index, content_block: block }) => {
    if (type === 'content_block_start') return [`start ${index} ${block.type}`];
    return type === 'content_block_stop' ? [`stop ${index}`] : [];
  });
}

function inputsOf(events: readonly Loose[]): string[] {
  const inputs: string[] = [];
  for (const { index, delta } of events) {
    if (delta?.type === 'input_json_delta') inputs[index] = (inputs[index] ?? '') + delta.partial_json;
  }
  return inputs;
}

function stopOf(events: readonly Loose[]): Loose {
  return events.find(({ type }) => type === 'message_delta')?.delta;
}
