import type { JsonObject } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';

describe('a conversation of the chat wire, told to Anthropic and read back', () => {
  it('keeps its roles, their order, every text, and which result belongs to which call (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const body = chatCompletions.encode({ messages, tools: [TOOL] }, target({ model: 'claude-sonnet-4-5' }));
        expect(readBack(body)).toEqual(told(messages));
        const roles = (body.messages as Turn[]).map(({ role }) => role);
        expect(roles[0]).toBe('user');
        expect(roles.every((role, index) => role !== roles[index + 1])).toBe(true);
      }),
      { numRuns: 500 },
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
