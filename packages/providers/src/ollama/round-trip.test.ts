import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversation, TOOL, words } from '../../test/conversations.js';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { RUNS } from '../../test/recorded.js';
import { chatCompletions } from './chat-completions.js';

describe('a conversation of the chat wire, told to Ollama and read back', { timeout: 120_000 }, () => {
  it('keeps its roles, their order, every text, and which result belongs to which call (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const body: Loose = chatCompletions.encode({ messages, tools: [TOOL] }, target());
        expect(body.messages.map(told)).toEqual(messages.map(told));
        const results = body.messages.filter(({ role }: Loose) => role === 'tool');
        expect(results.every((result: Loose) => result.tool_name === 'f')).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('brings every answer back as it was, streamed or not (R-XL-1)', () => {
    fc.assert(
      fc.property(answer, (message) => {
        const head = { model: 'm', created_at: '2026-08-06T06:29:47.490832Z' };
        const end = { ...head, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 4 };
        const whole: Loose = chatCompletions.decode?.({ ...end, message }, target());
        const { thinking, content, tool_calls: calls = [] } = message;
        const streamed = readEvents(chatCompletions, [
          ...(thinking ? [{ ...head, message: { thinking } }] : []),
          { ...head, message: { content } },
          ...calls.map((call: Loose) => ({ ...head, message: { content: '', tool_calls: [call] } })),
          { ...end, message: { content: '' } },
        ]);
        expect([streamed.dones, streamed.malformed]).toEqual([1, 0]);
        for (const said of [whole.choices[0].message, collected(streamed.chunks).message]) {
          const sent: Loose = chatCompletions.encode({ messages: [said] }, target());
          expect(told(sent.messages[0])).toEqual(told(message));
          expect(sent.messages[0].thinking ?? '').toBe(thinking ?? '');
        }
        expect(whole.choices[0].message.tool_calls).toEqual(collected(streamed.chunks).message.tool_calls);
      }),
      { numRuns: RUNS },
    );
  });
});

const answer: fc.Arbitrary<Loose> = fc
  .record({
    thinking: fc.option(words, { nil: undefined }),
    content: fc.oneof(fc.constant(''), words),
    calls: fc.array(
      fc.record({ function: fc.record({ name: fc.constantFrom('f', 'g'), arguments: fc.dictionary(words, words) }) }),
      { maxLength: 3 },
    ),
  })
  .map(({ thinking, content, calls }) => ({
    role: 'assistant',
    content,
    ...(thinking && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }));

/** What a message says, however it is written. */
function told({ role, content, tool_calls: calls = [], tool_call_id: answered }: Loose): unknown {
  const args = (given: unknown) => (typeof given === 'string' ? JSON.parse(given) : given);
  return {
    role: role === 'developer' ? 'system' : role,
    text: Array.isArray(content) ? content.map(({ text }) => text).join('') : (content ?? ''),
    answered,
    calls: calls.map(({ function: called }: Loose) => [called.name, args(called.arguments)]),
  };
}
