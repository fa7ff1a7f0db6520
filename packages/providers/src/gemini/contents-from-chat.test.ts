import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { gemini } from './index.js';

const call = (id: string, name = 'f', more: object = {}) => ({
  id,
  type: 'function',
  function: { name, arguments: '{"a":1}' },
  ...more,
});
const hello = { role: 'user', content: 'Hello' };

describe('a chat, told as contents', () => {
  it('has its instructions apart, its turns alternate, and neighbours of one role are one turn', () => {
    const { systemInstruction, contents } = encode([
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
      hello,
      { role: 'user', content: 'there' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Bye' },
    ]);
    expect(systemInstruction).toEqual({ parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] });
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: 'Hello' }, { text: 'there' }] },
      { role: 'model', parts: [{ text: 'Hi' }] },
      { role: 'user', parts: [{ text: 'Bye' }] },
    ]);
  });

  it('begins with the user, and is never empty', () => {
    expect(encode([{ role: 'assistant', content: 'Hi' }]).contents[0]).toEqual({
      role: 'user',
      parts: [{ text: '.' }],
    });
    expect(encode([{ role: 'system', content: 'Be brief.' }]).contents).toEqual([
      { role: 'user', parts: [{ text: '.' }] },
    ]);
  });

  it('says an instruction in the first turn to models that take none apart', () => {
    const { systemInstruction, contents } = encode([{ role: 'system', content: 'Be brief.' }, hello], 'gemma-3-27b-it');
    expect([systemInstruction, contents]).toEqual([
      undefined,
      [{ role: 'user', parts: [{ text: 'Be brief.' }, { text: 'Hello' }] }],
    ]);
  });

  it('gives results in the order of their calls, before what the user says, as data', () => {
    const { contents } = encode(
      [
        hello,
        { role: 'assistant', content: null, tool_calls: [call('a'), call('b', 'g')] },
        { role: 'user', content: 'Well?' },
        { role: 'tool', tool_call_id: 'b', content: '{"$ref":"#/x","type":"object"}' },
        { role: 'tool', tool_call_id: 'a', content: '', is_error: true },
      ],
      'gemini-2.5-flash',
    );
    expect(contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'g', args: { a: 1 } } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'f', response: { error: '' } } },
          { functionResponse: { name: 'g', response: { result: '{"$ref":"#/x","type":"object"}' } } },
          { text: 'Well?' },
        ],
      },
    ]);
  });

  it('pairs results with calls of the same id by their order, and with the latest turn', () => {
    const turn = [
      { role: 'assistant', tool_calls: [call('x', 'f'), call('x', 'g')] },
      { role: 'tool', tool_call_id: 'x', content: 'one' },
      { role: 'tool', tool_call_id: 'x', content: 'two' },
    ];
    const { contents } = encode(
      [hello, ...turn, { role: 'assistant', content: 'ok' }, hello, ...turn],
      'gemini-2.5-pro',
    );
    const results = contents.flatMap(({ parts }: Loose) => parts).flatMap((part: Loose) => part.functionResponse ?? []);
    expect(results.map(({ name, response }: Loose) => [name, response.result])).toEqual([
      ['f', 'one'],
      ['g', 'two'],
      ['f', 'one'],
      ['g', 'two'],
    ]);
  });

  it('gives ids to the models that have them', () => {
    const { contents } = encode([
      hello,
      { role: 'assistant', tool_calls: [call('x1')] },
      { role: 'tool', tool_call_id: 'x1', content: 'r' },
    ]);
    expect(contents[1].parts[0].functionCall.id).toBe('x1');
    expect(contents[2].parts[0].functionResponse.id).toBe('x1');
  });

  it.each([
    ["LiteLLM's field", call('x', 'f', { provider_specific_fields: { thought_signature: 'c2ln+/8=' } })],
    ["Google's field", call('x', 'f', { extra_content: { google: { thought_signature: 'c2ln+/8=' } } })],
    ['the id', call('x__thought__c2ln+/8=')],
    ['the id, in the letters that other wires allow', call('x__thought__c2ln-_8')],
  ])('brings a signature back that comes in %s, byte for byte (R-XL-1)', (_where, made) => {
    const { contents, warnings } = encode([
      hello,
      { role: 'assistant', tool_calls: [made] },
      { role: 'tool', tool_call_id: made.id, content: 'r' },
    ]);
    expect(contents[1].parts).toEqual([
      { functionCall: { id: 'x', name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln+/8=' },
    ]);
    expect(contents[2].parts[0].functionResponse.id).toBe('x');
    expect(warnings).toEqual([]);
  });

  it('says that a signature got lost, to the vendor and to the client, for the first call of each turn', () => {
    const turn = [
      { role: 'assistant', tool_calls: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'r' },
      { role: 'tool', tool_call_id: 'b', content: 'r' },
    ];
    const { contents, warnings } = encode([hello, ...turn, ...turn]);
    const signatures = contents.flatMap(({ parts }: Loose) =>
      parts.flatMap((part: Loose) => (part.functionCall ? [part.thoughtSignature] : [])),
    );
    const lost = 'skip_thought_signature_validator';
    expect(signatures).toEqual([lost, undefined, lost, undefined]);
    expect(warnings).toEqual([expect.stringContaining('without its thought signature')]);
  });

  it("never sends another vendor's signed reasoning, and says so (R-XL-1)", () => {
    const { contents, warnings } = encode([
      hello,
      {
        role: 'assistant',
        content: 'Hi',
        reasoning_content: 'Hm.',
        thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'foreign' }],
      },
      hello,
    ]);
    expect(JSON.stringify(contents)).not.toContain('foreign');
    expect(warnings).toEqual([expect.stringContaining('signed by another vendor')]);
  });

  it('tells a message anew where the client changed it', () => {
    const own = { parts: [{ executableCode: { code: '1' } }, { text: 'One.' }] };
    const kept = encode([hello, { role: 'assistant', content: 'One.', provider_specific_fields: own }, hello]);
    expect(kept.contents[1].parts).toEqual(own.parts);
    const changed = encode([hello, { role: 'assistant', content: 'Two.', provider_specific_fields: own }, hello]);
    expect(changed.contents[1].parts).toEqual([{ text: 'Two.' }]);
    const text_signatures = [{ start: 0, end: 9, thought_signature: 'c2ln' }];
    const shorter = { role: 'assistant', content: 'Two.', provider_specific_fields: { text_signatures } };
    expect(encode([hello, shorter, hello]).contents[1].parts).toEqual([{ text: 'Two.' }]);
  });

  it('shows files in results to models that take them there, and beside them to others', () => {
    const messages = [
      hello,
      { role: 'assistant', tool_calls: [call('a')] },
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [
          { type: 'text', text: 'a picture' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aW1n' } },
        ],
      },
    ];
    const image = { inlineData: { mimeType: 'image/png', data: 'aW1n' } };
    expect(encode(messages).contents[2].parts).toEqual([
      { functionResponse: { id: 'a', name: 'f', response: { result: 'a picture' }, parts: [image] } },
    ]);
    expect(encode(messages, 'gemini-2.5-flash').contents[2].parts).toEqual([
      { functionResponse: { name: 'f', response: { result: 'a picture' } } },
      image,
    ]);
  });

  it.each([
    [[{ role: 'narrator', content: 'x' }], 'messages[0].role'],
    [[{ role: 'user', content: 7 }], 'messages[0].content'],
    [[{ role: 'user', content: [{ type: 'hologram' }] }], 'messages[0].content[0].type'],
    [[hello, { role: 'tool', tool_call_id: 'x', content: '' }], 'messages[1].tool_call_id'],
    [
      [hello, { role: 'assistant', tool_calls: [call('x')] }, hello, { role: 'assistant', content: 'x' }],
      'messages[1].tool_calls[0]',
    ],
    [[hello, { role: 'assistant', tool_calls: [{ id: 'x' }] }], 'messages[1].tool_calls[0]'],
  ])('is refused with the place of what is wrong', (messages, param) => {
    expect(() => encode(messages)).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });
});

function encode(messages: readonly JsonObject[], model = 'gemini-3-flash-preview'): Loose {
  const to = target({ model });
  return { ...gemini.codecs['chat.completions']?.encode({ messages }, to), warnings: to.warnings };
}
