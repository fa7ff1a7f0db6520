import type { JsonObject } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { RUNS } from '../../test/recorded.js';
import { chatCompletions } from './chat-completions.js';

describe('a conversation of the chat wire, told to Anthropic and read back', { timeout: 120_000 }, () => {
  it('keeps its roles, their order, every text, and which result belongs to which call (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const body = chatCompletions.encode({ messages, tools: [TOOL] }, target({ model: 'claude-sonnet-4-5' }));
        expect(readBack(body)).toEqual(told(messages));
        const roles = (body.messages as Turn[]).map(({ role }) => role);
        expect(roles[0]).toBe('user');
        expect(roles.every((role, index) => role !== roles[index + 1])).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('brings every answer back as it was: blocks, their order and their signatures, streamed or not (R-XL-1)', () => {
    fc.assert(
      fc.property(answered, fc.integer({ min: 1, max: 9 }), (content, size) => {
        const answer = { id: 'msg_1', type: 'message', role: 'assistant', content, stop_reason: 'tool_use', usage: {} };
        const whole: Loose = chatCompletions.decode?.(structuredClone(answer), target());
        const read = readEvents(chatCompletions, eventsOf(content, size));
        for (const message of [whole.choices[0].message, collected(read.chunks).message]) {
          expect(sentBack(message)).toEqual(content);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

interface Turn {
  readonly role: string;
  readonly content: JsonObject[];
}

const TOOL = { type: 'function', function: { name: 'f' } };

const words = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `a${text}`);
const callId = fc.oneof(fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/), fc.string({ minLength: 1, maxLength: 20 }));

const said = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: words }),
  fc.record({
    role: fc.constant('user'),
    content: fc.array(fc.record({ type: fc.constant('text'), text: words }), { minLength: 1 }),
  }),
);

/** A turn of the assistant with calls, and their results in any order. */
const called = fc
  .record({ content: fc.option(words), ids: fc.uniqueArray(callId, { minLength: 1, maxLength: 4 }), results: words })
  .chain(({ content, ids, results }) =>
    fc.shuffledSubarray(ids, { minLength: ids.length }).map((order): JsonObject[] => [
      {
        role: 'assistant',
        content,
        tool_calls: ids.map((id) => ({
          id,
          type: 'function',
          function: { name: 'f', arguments: JSON.stringify({ id }) },
        })),
      },
      ...order.map((id) => ({ role: 'tool', tool_call_id: id, content: `${results} ${id}` })),
    ]),
  );

const conversation = fc
  .array(
    fc.oneof(
      said.map((message): JsonObject[] => [message]),
      called,
    ),
    { maxLength: 8 },
  )
  // Otherwise its end is where the answer begins, and loses the space behind it.
  .map((turns): JsonObject[] => [
    { role: 'user', content: 'Hello' },
    ...turns.flat(),
    { role: 'user', content: 'Well?' },
  ]);

const signature = fc.base64String({ minLength: 4, maxLength: 12 });

/** The blocks of an answer in the order in which the vendor writes them: thinking, text, calls. */
const answered = fc
  .record({
    thinking: fc.array(
      fc.oneof(
        // Its text may be withheld; the signature is what counts.
        fc.record({ type: fc.constant('thinking'), thinking: fc.string({ maxLength: 8 }), signature }),
        fc.record({ type: fc.constant('redacted_thinking'), data: signature }),
      ),
      { maxLength: 2 },
    ),
    text: fc.array(fc.record({ type: fc.constant('text'), text: words }), { maxLength: 1 }),
    ids: fc.uniqueArray(fc.stringMatching(/^toolu_[a-zA-Z0-9]{1,20}$/), { minLength: 1, maxLength: 3 }),
    input: fc.dictionary(words, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
  })
  .map(({ thinking, text, ids, input }): JsonObject[] => [
    ...thinking,
    ...text,
    ...ids.map((id) => ({ type: 'tool_use', id, name: 'f', input: JSON.parse(JSON.stringify({ ...input, id })) })),
  ]);

/** The answer as a stream, in pieces of some length. */
function eventsOf(content: readonly JsonObject[], size: number): JsonObject[] {
  const piecesOf = (text: string) =>
    Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
  const events: JsonObject[] = [{ type: 'message_start', message: { id: 'msg_1', usage: {} } }];
  for (const [index, block] of content.entries()) {
    const { type, text, thinking, signature: seal, input } = block as Loose;
    const delta = (piece: JsonObject) => events.push({ type: 'content_block_delta', index, delta: piece });
    const empty = { text: { text: '' }, thinking: { thinking: '', signature: '' }, tool_use: { input: {} } }[
      type as string
    ];
    events.push({ type: 'content_block_start', index, content_block: { ...block, ...empty } });
    for (const piece of piecesOf(text ?? '')) delta({ type: 'text_delta', text: piece });
    for (const piece of piecesOf(thinking ?? '')) delta({ type: 'thinking_delta', thinking: piece });
    if (seal !== undefined) delta({ type: 'signature_delta', signature: seal });
    if (input !== undefined) {
      for (const piece of piecesOf(JSON.stringify(input))) delta({ type: 'input_json_delta', partial_json: piece });
    }
    events.push({ type: 'content_block_stop', index });
  }
  return [
    ...events,
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: {} },
    { type: 'message_stop' },
  ];
}

/** The blocks of an answer after a client sent it back. */
function sentBack(message: Loose): Loose[] {
  const results = message.tool_calls.map(({ id }: Loose) => ({ role: 'tool', tool_call_id: id, content: 'x' }));
  const messages = [{ role: 'user', content: 'x' }, message, ...results];
  const body: Loose = chatCompletions.encode({ messages, tools: [TOOL] }, target({ model: 'claude-sonnet-4-5' }));
  return body.messages.find(({ role }: Turn) => role === 'assistant').content;
}

/** What is said, in order: system prompts first, as the wire has them apart. Calls and results are told by their calls' place. */
function told(messages: readonly JsonObject[]): unknown[] {
  const system: unknown[] = [];
  const rest: unknown[] = [];
  const places = new Map<unknown, number>();
  let calls = 0;
  for (const { role, content, tool_calls: made, tool_call_id: id } of messages) {
    const texts = typeof content === 'string' ? [content] : ((content ?? []) as JsonObject[]).map(({ text }) => text);
    if (role === 'system' || role === 'developer') system.push(...texts.map((text) => ['system', text]));
    else if (role === 'tool') rest.push(['result', places.get(id), content]);
    else rest.push(...texts.map((text) => [role, text]));
    for (const call of (made ?? []) as { id: string; function: { arguments: string } }[]) {
      places.set(call.id, calls);
      rest.push(['call', calls, JSON.parse(call.function.arguments)]);
      calls += 1;
    }
  }
  return [...system, ...rest];
}

function readBack(body: JsonObject): unknown[] {
  const system = ((body.system ?? []) as JsonObject[]).map(({ text }) => ['system', text]);
  const places = new Map<unknown, number>();
  const rest = (body.messages as Turn[]).flatMap(({ role, content }) =>
    content.map((block) => {
      if (block.type === 'text') return [role, block.text];
      if (block.type === 'tool_result') return ['result', places.get(block.tool_use_id), block.content];
      expect(block.id).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(places.has(block.id)).toBe(false);
      places.set(block.id, places.size);
      return ['call', places.get(block.id), block.input];
    }),
  );
  return [...system, ...rest];
}
