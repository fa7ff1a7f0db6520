import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodeTarget, StreamDecoder, StreamSink } from '../codec.js';
import type { JsonObject } from '../encoding/json.js';
import { chatFromResponse } from './chat-via-responses/answer.js';
import { responsesFromChat } from './chat-via-responses/request.js';
import { createChatStream } from './chat-via-responses/stream.js';
import { messageFromChat } from './messages-via-chat/answer.js';
import { chatFromMessages } from './messages-via-chat/request.js';
import { createMessageStream } from './messages-via-chat/stream.js';
import { responseFromChat } from './responses-via-chat/answer.js';
import { chatFromResponses } from './responses-via-chat/request.js';
import { createResponseStream } from './responses-via-chat/stream.js';

const RUNS = { numRuns: Number(process.env.PORTICO_PROPERTY_RUNS ?? 10_000) };

describe('conversations that change their wire and come back', { timeout: 120_000 }, () => {
  it('a request for a response, told as chat: roles, order, texts, calls and their results (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, (input) => {
        const chat = chatFromResponses({ model: 'm', input, tools: [TOOL] }, target);
        const back = responsesFromChat(chat, target);
        expect(meaningOf(back.input as Loose[])).toEqual(meaningOf(input));
        expect(back.tools).toEqual([TOOL]);
      }),
      RUNS,
    );
  });

  it('an answer of the chat wire, sent back as items of a response, its signatures byte for byte (R-XL-1)', () => {
    fc.assert(
      fc.property(chatMessage, fc.integer({ min: 1, max: 9 }), (message, size) => {
        const whole = responseFromChat(answerOf(message), undefined);
        const streamed = read(createResponseStream(HANDS_ON, undefined), chunksOf(message, size)).at(-1)?.response;
        for (const { output } of [whole, streamed] as Loose[]) {
          const chat: Loose = chatFromResponses(
            { model: 'm', input: [HELLO, ...output, ...outputsFor(message)] },
            target,
          );
          expect(chat.messages[1]).toEqual(message);
        }
      }),
      RUNS,
    );
  });

  it('an answer of the chat wire, sent back as blocks of a message, its signatures byte for byte (R-XL-1)', () => {
    fc.assert(
      fc.property(chatMessage, fc.integer({ min: 1, max: 9 }), (message, size) => {
        const whole: Loose = messageFromChat(answerOf(message));
        const streamed = blocksOf(read(createMessageStream(HANDS_ON), chunksOf(message, size)));
        for (const content of [whole.content, streamed]) {
          const said = { role: 'assistant', content };
          const chat: Loose = chatFromMessages({ messages: [HELLO, said, resultsFor(message)] }, target);
          // Thinking that is signed says the same as its blocks.
          expect(chat.messages[1]).toEqual({ ...message, reasoning_content: undefined });
        }
      }),
      RUNS,
    );
  });

  it('a response, told as an answer of the chat wire and sent back, what was encrypted byte for byte (R-XL-1)', () => {
    fc.assert(
      fc.property(output, fc.integer({ min: 1, max: 9 }), (items, size) => {
        const whole: Loose = chatFromResponse({ id: 'resp_1', status: 'completed', output: items });
        const streamed = collected(read(createChatStream(HANDS_ON), eventsOf(items, size)));
        for (const message of [whole.choices[0].message, streamed]) {
          const { input }: Loose = responsesFromChat({ messages: [HELLO, message] }, target);
          expect(input.slice(1)).toEqual(items.map(asInput));
        }
      }),
      RUNS,
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: what was told is read field by field, and asserted.
type Loose = any;

const target: EncodeTarget = {
  model: 'm',
  baseModel: 'm',
  stream: false,
  maxOutputTokens: undefined,
  wantsUsage: false,
  mayAskUsage: true,
  dropUnsupported: false,
  warn() {},
  createdAt: 0,
};

const TOOL = { type: 'function', name: 'f', strict: false, parameters: { type: 'object' } };
const HELLO = { role: 'user', content: 'Hello' };

const words = fc.string({ minLength: 1, maxLength: 8 });
const callId = fc.stringMatching(/^call_[a-zA-Z0-9]{1,16}$/);
const seal = fc.base64String({ minLength: 4, maxLength: 16 });
const given = fc.dictionary(words, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }).map((value) => JSON.stringify(value));

const said = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer', 'user'), content: words }),
  fc.record({
    role: fc.constant('user'),
    content: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('input_text'), text: words }),
        fc.record({ type: fc.constant('input_image'), image_url: fc.webUrl(), detail: fc.constantFrom('low', 'auto') }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  words.map((text) => ({
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  })),
);

/** Calls, and what came of them in any order. */
const called = fc
  .uniqueArray(callId, { minLength: 1, maxLength: 4 })
  .chain((ids) =>
    fc
      .tuple(fc.shuffledSubarray(ids, { minLength: ids.length }), given)
      .map(([order, text]): JsonObject[] => [
        ...ids.map((id) => ({ type: 'function_call', call_id: id, name: 'f', arguments: text })),
        ...order.map((id) => ({ type: 'function_call_output', call_id: id, output: `of ${id}` })),
      ]),
  );

const conversation = fc
  .array(
    fc.oneof(
      said.map((item): JsonObject[] => [item]),
      called,
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((turns) => turns.flat());

const chatMessage = fc
  .record({
    blocks: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('thinking'), thinking: words, signature: seal }),
        fc.record({ type: fc.constant('redacted_thinking'), data: seal }),
      ),
      { maxLength: 2 },
    ),
    text: fc.option(words),
    ids: fc.uniqueArray(callId, { minLength: 1, maxLength: 3 }),
    given,
  })
  .map(({ blocks, text, ids, given: text2 }): JsonObject => {
    const thinking = blocks.map((block) => ('thinking' in block ? block.thinking : '')).join('');
    return {
      role: 'assistant',
      content: text,
      ...(thinking !== '' && { reasoning_content: thinking }),
      ...(blocks.length > 0 && { thinking_blocks: blocks }),
      tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: text2 } })),
    };
  });

/** What an upstream of the Responses wire writes in one turn. */
const output = fc
  .record({
    thoughts: fc.array(fc.record({ text: words, sealed: seal }), { maxLength: 2 }),
    text: fc.option(words),
    ids: fc.uniqueArray(callId, { maxLength: 3 }),
    input: fc.option(words),
    given,
  })
  .filter(({ text, ids }) => text !== null || ids.length > 0)
  .map(({ thoughts, text, ids, input, given: args }): JsonObject[] => [
    ...thoughts.map(({ text: summary, sealed }, at) => ({
      type: 'reasoning',
      id: `rs_${at}`,
      summary: [{ type: 'summary_text', text: summary }],
      encrypted_content: sealed,
    })),
    ...(text === null
      ? []
      : [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            content: [{ type: 'output_text', text, annotations: [] }],
          },
        ]),
    ...ids.map((id) => ({ type: 'function_call', id: `fc_${id}`, call_id: id, name: 'f', arguments: args })),
    ...(input === null ? [] : [{ type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_0', name: 'g', input }]),
  ]);

/** Texts of one message as one, since the chat wire has them so. */
function meaningOf(items: readonly Loose[]): unknown[] {
  const reported: Loose[] = [];
  for (const { type, role, content, id: _id, ...rest } of items) {
    if (role === undefined) reported.push({ type, ...rest });
    else {
      const parts: Loose[] = typeof content === 'string' ? [{ text: content }] : content;
      const isText = parts.every(({ text }) => text !== undefined);
      reported.push({ role, content: isText ? parts.map(({ text }) => text).join('') : parts });
    }
  }
  return reported;
}

function asInput({ id: _id, ...item }: Loose): JsonObject {
  return item;
}

function answerOf(message: JsonObject): JsonObject {
  return { id: 'chatcmpl-1', choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
}

function outputsFor(message: Loose): JsonObject[] {
  return message.tool_calls.map(({ id }: Loose) => ({ type: 'function_call_output', call_id: id, output: 'x' }));
}

function resultsFor(message: Loose): JsonObject {
  const content = message.tool_calls.map(({ id }: Loose) => ({ type: 'tool_result', tool_use_id: id, content: 'x' }));
  return { role: 'user', content };
}

const HANDS_ON: StreamDecoder = {
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

/** Pieces of some length, be it half a character. */
function iterate(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
}

/** A chat answer as a stream. */
function chunksOf({ thinking_blocks: blocks = [], content, tool_calls: calls }: Loose, size: number): JsonObject[] {
  const deltas: JsonObject[] = [{ role: 'assistant', content: '' }];
  for (const block of blocks) {
    for (const piece of iterate(block.thinking ?? '', size)) deltas.push({ reasoning_content: piece });
    deltas.push({ thinking_blocks: [block] });
  }
  for (const piece of iterate(content ?? '', size)) deltas.push({ content: piece });
  for (const [index, { id, type, function: reported }] of calls.entries()) {
    deltas.push({ tool_calls: [{ index, id, type, function: { name: reported.name, arguments: '' } }] });
    for (const piece of iterate(reported.arguments, size)) {
      deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  const chunk = (delta: JsonObject, finish: string | null) => ({
    id: 'chatcmpl-1',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return [...deltas.map((delta) => chunk(delta, null)), chunk({}, 'tool_calls')];
}

/** A response as a stream. */
function eventsOf(items: readonly Loose[], size: number): JsonObject[] {
  const events: JsonObject[] = [{ type: 'response.created', response: { id: 'resp_1' } }];
  for (const [at, item] of items.entries()) {
    const where = { output_index: at, item_id: item.id };
    events.push({ type: 'response.output_item.added', output_index: at, item: { ...item, arguments: '', input: '' } });
    const tell = (type: string, text: string, more = {}) => {
      for (const delta of iterate(text, size))
        events.push({ type: `response.${type}.delta`, ...where, ...more, delta });
    };
    if (item.type === 'reasoning') tell('reasoning_summary_text', item.summary[0].text, { summary_index: 0 });
    if (item.type === 'message') tell('output_text', item.content[0].text, { content_index: 0 });
    if (item.type === 'function_call') tell('function_call_arguments', item.arguments);
    // The vendor may tell a call as a whole alone.
    if (item.type === 'custom_tool_call' && size > 2) tell('custom_tool_call_input', item.input);
    events.push({ type: 'response.output_item.done', output_index: at, item });
  }
  return [...events, { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: items } }];
}

/** What a client of the Messages wire collects. */
function blocksOf(events: readonly Loose[]): JsonObject[] {
  const blocks: Loose[] = [];
  for (const { type, index, content_block: block, delta } of events) {
    if (type === 'content_block_start') blocks[index] = { ...block, ...(block.type === 'tool_use' && { input: '' }) };
    if (type !== 'content_block_delta') continue;
    if (delta.type === 'text_delta') blocks[index].text += delta.text;
    if (delta.type === 'thinking_delta') blocks[index].thinking += delta.thinking;
    if (delta.type === 'signature_delta') blocks[index].signature += delta.signature;
    if (delta.type === 'input_json_delta') blocks[index].input += delta.partial_json;
  }
  return blocks.map((block) =>
    block.type === 'tool_use' ? { ...block, input: JSON.parse(block.input || '{}') } : block,
  );
}

/** What a client of the chat wire collects. */
function collected(chunks: readonly Loose[]): JsonObject {
  const message: Loose = { role: 'assistant', content: '' };
  for (const { delta } of chunks.flatMap(({ choices }) => choices)) {
    message.content += delta.content ?? '';
    if (delta.provider_specific_fields) {
      message.provider_specific_fields ??= { reasoning_items: [] };
      message.provider_specific_fields.reasoning_items.push(...delta.provider_specific_fields.reasoning_items);
    }
    for (const { index, ...piece } of delta.tool_calls ?? []) {
      message.tool_calls ??= [];
      const call = message.tool_calls[index];
      if (call === undefined) message.tool_calls[index] = piece;
      else if (call.custom) call.custom.input += piece.custom.input;
      else call.function.arguments += piece.function.arguments;
    }
  }
  return message;
}
