import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversation, TOOL } from '../../test/conversations.js';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { absent, answersOf, framesOf, RUNS, reason, survivesChanges } from '../../test/recorded.js';
import { openAiCompatible } from '../openai-compatible.js';
import { openAiCompatibleVendors } from '../openai-compatible-vendors.js';

const row = openAiCompatibleVendors.find(({ name }) => name === 'mistral');
const codec = openAiCompatible(row as NonNullable<typeof row>).codecs['chat.completions'] as NonNullable<
  ReturnType<typeof openAiCompatible>['codecs']['chat.completions']
>;
const USER = { role: 'user', content: 'Hello' };

describe('asking Mistral', () => {
  it('sends thoughts back as a part of the content, to models that think (documented)', () => {
    const asked = {
      messages: [USER, { role: 'assistant', content: 'Four.', reasoning_content: 'Two and two.' }, USER],
    };
    const sent = (model: string): Loose => codec.encode(asked, target({ model })).messages;
    expect(sent('magistral-medium-2507')[1].content).toEqual([
      { type: 'thinking', thinking: [{ type: 'text', text: 'Two and two.' }] },
      { type: 'text', text: 'Four.' },
    ]);
    expect(sent('mistral-large-latest')[1]).toEqual({ role: 'assistant', content: 'Four.' });
  });

  it('marks an answer to go on from, and shows no tools where none may be called (documented)', () => {
    const messages = [USER, { role: 'assistant', content: '{' }];
    const sent: Loose = codec.encode({ messages, tools: [TOOL], tool_choice: 'none' }, target());
    expect([sent.messages[1].prefix, sent.tools, sent.tool_choice]).toEqual([true, undefined, undefined]);
  });

  it('spells files and sound its own way (documented)', () => {
    const content = [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,cGRm' } },
      { type: 'file', file: { file_id: 'f1' } },
      { type: 'input_audio', input_audio: { data: 'c291bmQ=', format: 'mp3' } },
    ];
    const sent: Loose = codec.encode({ messages: [{ role: 'user', content }] }, target());
    expect(sent.messages[0].content).toEqual([
      { type: 'document_url', document_url: 'data:application/pdf;base64,cGRm', document_name: 'a.pdf' },
      { type: 'file', file_id: 'f1' },
      { type: 'input_audio', input_audio: 'c291bmQ=' },
    ]);
  });

  it('keeps every text and call of a conversation, with ids that it takes and that fit each other (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const sent: Loose = codec.encode({ messages, tools: [TOOL] }, target({ model: 'mistral-large-latest' }));
        const calls = sent.messages.flatMap((message: Loose) => message.tool_calls ?? []);
        const results = sent.messages.filter(({ role }: Loose) => role === 'tool');
        expect(calls.every(({ id }: Loose) => /^[a-zA-Z\d]{9}$/.test(id))).toBe(true);
        expect(new Set(results.map((result: Loose) => result.tool_call_id))).toEqual(
          new Set(calls.map(({ id }: Loose) => id)),
        );
        // What stands between a result and the user's next message is the gateway's own.
        const kept = sent.messages.filter(
          ({ content }: Loose, at: number) => content !== 'OK' || sent.messages[at - 1]?.role !== 'tool',
        );
        expect(kept.map(({ content }: Loose) => content)).toEqual(messages.map(({ content }) => content));
      }),
      { numRuns: RUNS },
    );
  });
});

describe(`what Mistral answers${reason}`, { timeout: 120_000 }, () => {
  it('may bring calls without a type and with arguments as an object (documented)', () => {
    const answer = {
      choices: [{ message: { content: '', tool_calls: [{ id: 'a', function: { name: 'f', arguments: { b: 1 } } }] } }],
    };
    const told: Loose = codec.decode?.(answer, target());
    expect(told.choices[0].message.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"b":1}' } },
    ]);
  });

  it('goes back as it came: thoughts, text, calls (R-XL-1)', () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
      { type: 'text', text: 'Yes.' },
    ];
    const whole: Loose = codec.decode?.(
      { choices: [{ message: { role: 'assistant', content: structuredClone(parts) } }] },
      target(),
    );
    const streamed = readEvents(codec, [
      ...parts.map((part) => ({ choices: [{ index: 0, delta: { content: [part] } }] })),
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ]);
    for (const said of [whole.choices[0].message, collected(streamed.chunks).message]) {
      const sent: Loose = codec.encode({ messages: [said, USER] }, target({ model: 'magistral-small' }));
      expect(sent.messages[0].content).toEqual(parts);
    }
  });

  it.skipIf(absent)('changed, ends in an answer or in a clean failure, streamed or not', () => {
    const mistrals = [...answersOf('chat', false), ...answersOf('chat', true)].filter(
      ({ provider }) => provider === 'mistral',
    );
    const ends = survivesChanges(codec, mistrals.map(framesOf));
    expect([...ends]).toEqual(expect.arrayContaining(['1 done', '0 done', 'an answer']));
  });
});
