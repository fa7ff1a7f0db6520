import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatAnswer } from './answer-to-chat.js';

const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more });
const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } };
const thought = { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' };

describe('a whole answer of Anthropic, told as a chat completion', () => {
  it('has the text of all its blocks, its model and the time of the call', () => {
    const answer = decode([text('Hello, '), text('world')]);
    expect(answer).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'claude-sonnet-4-5-20250929',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello, world', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }),
      service_tier: 'default',
    });
  });

  it('has calls with their input as text, and no content where there is none', () => {
    const { message, finish_reason } = choice([call, { ...call, id: 'toolu_2', input: undefined }], {
      stop_reason: 'tool_use',
    });
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        { id: 'toolu_2', type: 'function', function: { name: 'weather', arguments: '{}' } },
      ],
    });
    expect(finish_reason).toBe('tool_calls');
  });

  it('shows thinking as text, and keeps its blocks as they are, withheld and redacted too (R-XL-1)', () => {
    const blocks = [
      thought,
      { type: 'thinking', thinking: '', signature: 'b25seQ==' },
      { type: 'redacted_thinking', data: 'ZA==' },
    ];
    const { message } = choice([...blocks, text('Yes')]);
    expect(message).toMatchObject({ content: 'Yes', reasoning_content: 'Hm.', thinking_blocks: blocks });
    expect(message).not.toHaveProperty('provider_specific_fields');
  });

  it('keeps no unsigned thinking to send back', () => {
    const { message } = choice([{ type: 'thinking', thinking: 'Hm.' }, text('Yes')]);
    expect(message.reasoning_content).toBe('Hm.');
    expect(message).not.toHaveProperty('thinking_blocks');
  });

  it('keeps what the vendor ran out of the calls, word for word in its own field', () => {
    const blocks = [
      text('Searching.'),
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [{ type: 'web_search_result', url: 'https://x.example' }],
      },
      text('Done.'),
    ];
    const { message } = choice(blocks);
    expect(message).toEqual({
      role: 'assistant',
      content: 'Searching.Done.',
      refusal: null,
      provider_specific_fields: { content_blocks: blocks },
    });
  });

  it.each([
    ['thinking between calls', [thought, call, thought, { ...call, id: 'toolu_2' }]],
    ['thinking after text', [text('First.'), thought, text('Then.')]],
    ['a call by code that the vendor runs', [{ ...call, caller: { type: 'code_execution_20260120', tool_id: 'x' } }]],
    ['a block that nobody knows yet', [{ type: 'hologram', data: 1 }]],
  ])('keeps %s in its own field, because the fields of a chat cannot tell it', (_what, blocks) => {
    expect(choice(blocks).message.provider_specific_fields).toEqual({ content_blocks: blocks });
  });

  it('shows citations of the web as annotations of the text they stand at', () => {
    const citation = { type: 'web_search_result_location', url: 'https://x.example', title: 'X', cited_text: 'y' };
    const blocks = [
      text('Well: '),
      text('it is so.', { citations: [citation, { type: 'char_location', document_index: 0 }] }),
    ];
    const { message } = choice(blocks);
    expect(message.annotations).toEqual([
      { type: 'url_citation', url_citation: { start_index: 6, end_index: 15, url: 'https://x.example', title: 'X' } },
    ]);
    expect(message.provider_specific_fields).toEqual({ content_blocks: blocks });
  });

  it.each([
    ['end_turn', 'stop', undefined],
    ['max_tokens', 'length', undefined],
    ['model_context_window_exceeded', 'length', { stop_reason: 'model_context_window_exceeded' }],
    ['pause_turn', 'stop', { stop_reason: 'pause_turn' }],
    ['something_new', 'stop', { stop_reason: 'something_new' }],
    [null, 'stop', undefined],
  ])('that ended by %s has the finish reason %s', (stop_reason, finish_reason, provider_specific_fields) => {
    expect(choice([text('x')], { stop_reason })).toMatchObject({
      finish_reason,
      ...(provider_specific_fields && { provider_specific_fields }),
    });
  });

  it('says which sequence stopped it, why it was refused, and which container it ran in', () => {
    expect(choice([text('x')], { stop_reason: 'stop_sequence', stop_sequence: 'END' })).toMatchObject({
      finish_reason: 'stop',
      provider_specific_fields: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    });
    const stop_details = { type: 'refusal', category: 'cyber', explanation: 'No.' };
    expect(choice([], { stop_reason: 'refusal', stop_details })).toMatchObject({
      message: { content: '' },
      finish_reason: 'content_filter',
      provider_specific_fields: { stop_reason: 'refusal', stop_details },
    });
    expect(choice([text('x')], { container: { id: 'c1' } }).provider_specific_fields).toEqual({
      container: { id: 'c1' },
    });
  });

  it('has calls for its finish wherever there are calls, unless it was cut', () => {
    expect(choice([call], { stop_reason: 'end_turn' }).finish_reason).toBe('tool_calls');
    expect(choice([call], { stop_reason: 'max_tokens' }).finish_reason).toBe('length');
  });

  it('is a failure of the vendor where it is no message at all (f25)', () => {
    expect(() => chatAnswer({ choices: [] }, target())).toThrow(expect.objectContaining({ kind: 'upstream_error' }));
  });

  it('says nothing of usage where the vendor did not', () => {
    expect(decode([text('x')], { usage: undefined })).not.toHaveProperty('usage');
    expect(decode([text('x')], { usage: { input_tokens: 0, output_tokens: 0 } })).not.toHaveProperty('usage');
  });
});

interface Choice {
  readonly message: JsonObject;
  readonly finish_reason: string;
  readonly provider_specific_fields?: JsonObject;
}

function choice(content: JsonObject[], fields: JsonObject = {}): Choice {
  return (decode(content, fields).choices as Choice[])[0] as Choice;
}

function decode(content: JsonObject[], fields: JsonObject = {}): JsonObject {
  const answer = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5, service_tier: 'standard' },
    ...fields,
  };
  return chatAnswer(answer, target({ createdAt: 1_700_000_000 }));
}
