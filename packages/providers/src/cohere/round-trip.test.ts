import type { JsonObject } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversation, TOOL, words } from '../../test/conversations.js';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { RUNS } from '../../test/recorded.js';
import { chatCompletions } from './chat-completions.js';

describe('a conversation of the chat wire, told to Cohere and read back', { timeout: 120_000 }, () => {
  it('keeps its roles, their order, every text, and which result belongs to which call (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const body = chatCompletions.encode({ messages, tools: [TOOL] }, target({ model: 'command-a-03-2025' }));
        expect((body.messages as JsonObject[]).map(told)).toEqual(messages.map(told));
      }),
      { numRuns: RUNS },
    );
  });

  it('brings every answer back as it was, streamed or not (R-XL-1)', () => {
    fc.assert(
      fc.property(answer, (message) => {
        const whole: Loose = chatCompletions.decode?.({ message, finish_reason: 'COMPLETE' }, target());
        const streamed = readEvents(chatCompletions, eventsOf(message));
        expect([streamed.dones, streamed.malformed]).toEqual([1, 0]);
        for (const said of [whole.choices[0].message, collected(streamed.chunks).message]) {
          const sent: Loose = chatCompletions.encode(
            { messages: [{ role: 'user', content: 'x' }, said] },
            target({ model: 'command-a-reasoning-08-2025' }),
          );
          expect(told(sent.messages[1])).toEqual(told(message));
        }
      }),
      { numRuns: RUNS },
    );
  });
});

const call = fc.record({
  id: fc.uuid(),
  type: fc.constant('function'),
  function: fc.record({
    name: fc.constantFrom('f', 'g'),
    arguments: fc.dictionary(words, words).map((args) => JSON.stringify(args)),
  }),
});

const answer = fc
  .record({
    thinking: fc.option(words),
    text: fc.option(words),
    calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
  })
  .filter(({ thinking, text, calls }) => thinking !== null || text !== null || calls.length > 0)
  .map(
    ({ thinking, text, calls }): Loose => ({
      role: 'assistant',
      content: [
        ...(thinking === null ? [] : [{ type: 'thinking', thinking }]),
        ...(text === null ? [] : [{ type: 'text', text }]),
      ],
      ...(calls.length > 0 && { tool_calls: calls }),
    }),
  );

function eventsOf({ content, tool_calls: calls = [] }: Loose): JsonObject[] {
  return [
    { type: 'message-start', id: 'x', delta: { message: { role: 'assistant' } } },
    ...content.flatMap((part: Loose, index: number) => [
      { type: 'content-start', index, delta: { message: { content: { type: part.type } } } },
      { type: 'content-delta', index, delta: { message: { content: part } } },
      { type: 'content-end', index },
    ]),
    ...calls.flatMap(({ function: { name, arguments: args }, ...made }: Loose, index: number) => [
      {
        type: 'tool-call-start',
        index,
        delta: { message: { tool_calls: { ...made, function: { name, arguments: '' } } } },
      },
      { type: 'tool-call-delta', index, delta: { message: { tool_calls: { function: { arguments: args } } } } },
      { type: 'tool-call-end', index },
    ]),
    { type: 'message-end', delta: { finish_reason: calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE' } },
  ];
}

/** What a message says, however it is written. */
function told({ role, content, tool_calls: calls = [], tool_call_id: answered }: Loose): unknown {
  const parts: Loose[] = Array.isArray(content) ? content : [{ text: content ?? '' }];
  return {
    role: role === 'developer' ? 'system' : role,
    answered,
    thinking: parts.map(({ thinking }) => thinking ?? '').join(''),
    text: parts.map(({ text }) => text ?? '').join(''),
    calls: calls.map(({ id, function: { name, arguments: args } }: Loose) => [id, name, JSON.parse(args)]),
  };
}
