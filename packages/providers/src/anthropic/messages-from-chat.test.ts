import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';

describe('the messages of a chat, told to Anthropic', () => {
  it('has the system prompt apart, in order, from both of its roles', () => {
    const { system, messages } = encode([
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'text', text: 'Speak Latin.' }] },
      { role: 'user', content: 'Hello' },
    ]);
    expect(system).toEqual([text('Be brief.'), text('Speak Latin.')]);
    expect(messages).toEqual([{ role: 'user', content: [text('Hello')] }]);
  });

  it('moves a system message in the middle to the beginning, and says so', () => {
    const { system, messages, warnings } = encode([
      { role: 'user', content: 'Hello' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Go on' },
    ]);
    expect(system).toEqual([text('Be brief.')]);
    expect(messages).toEqual([{ role: 'user', content: [text('Hello'), text('Go on')] }]);
    expect(warnings).toEqual(['A system message in the middle was moved to the beginning.']);
  });

  it('leaves it where it stands for models that take one there: after the user, before the assistant or at the end', () => {
    const conversation = [
      { role: 'user', content: 'Hello' },
      { role: 'system', content: 'Be brief.' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'And?' },
      { role: 'system', content: 'Now be verbose.' },
    ];
    const { system, messages } = encode(conversation, { model: 'claude-opus-4-8' });
    expect(system).toBeUndefined();
    expect(messages.map(({ role }) => role)).toEqual(['user', 'system', 'assistant', 'user', 'system']);
    const inTheWay = [...conversation, { role: 'user', content: 'Well?' }];
    expect(encode(inTheWay, { model: 'claude-opus-4-8' }).system).toEqual([text('Now be verbose.')]);
  });

  it('joins neighbours of one role into one turn', () => {
    const { messages } = encode([
      { role: 'user', content: 'One' },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: 'Three' },
      { role: 'assistant', content: 'Four' },
      { role: 'user', content: 'Five' },
    ]);
    expect(messages).toEqual([
      { role: 'user', content: [text('One'), text('Two')] },
      { role: 'assistant', content: [text('Three'), text('Four')] },
      { role: 'user', content: [text('Five')] },
    ]);
  });

  it('begins with a user, whoever began the chat', () => {
    const { messages } = encode([
      { role: 'assistant', content: 'Welcome!' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(messages[0]).toEqual({ role: 'user', content: [text('.')] });
    expect(encode([{ role: 'system', content: 'Write a poem.' }]).messages).toEqual([
      { role: 'user', content: [text('.')] },
    ]);
  });

  it('has no text of nothing but white space, which is refused', () => {
    const { messages } = encode([
      {
        role: 'user',
        content: [
          { type: 'text', text: ' \n' },
          { type: 'text', text: 'Hello' },
        ],
      },
      { role: 'assistant', content: '' },
      { role: 'user', content: '' },
    ]);
    expect(messages).toEqual([{ role: 'user', content: [text('Hello')] }]);
    expect(encode([{ role: 'user', content: '  ' }]).messages).toEqual([{ role: 'user', content: [text('.')] }]);
  });

  it('puts the results of tools first into the turn after their calls, however the client placed them', () => {
    const { messages } = encode([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: [call('a', 'weather', '{"city":"Rome"}'), call('b', 'time')],
      },
      { role: 'tool', tool_call_id: 'a', content: '20 degrees' },
      { role: 'user', content: 'Hurry!' },
      { role: 'tool', tool_call_id: 'b', content: '' },
    ]);
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          text('Looking.'),
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } },
          { type: 'tool_use', id: 'b', name: 'time', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: '20 degrees' },
          { type: 'tool_result', tool_use_id: 'b' },
          text('Hurry!'),
        ],
      },
    ]);
  });

  it('carries images and errors in the results of tools', () => {
    const { messages } = encode([
      { role: 'user', content: 'Look' },
      { role: 'assistant', tool_calls: [call('a', 'camera')] },
      {
        role: 'tool',
        tool_call_id: 'a',
        is_error: true,
        content: [{ type: 'text', text: 'blurred' }, image('https://x.example/a.png')],
      },
    ]);
    expect(messages[2]?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'a',
        content: [text('blurred'), { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } }],
        is_error: true,
      },
    ]);
  });

  it('refuses calls without results and results without calls, saying which', () => {
    const asked = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', tool_calls: [call('a', 'f'), call('b', 'g')] },
    ];
    expect(() => encode([...asked, { role: 'tool', tool_call_id: 'a', content: 'x' }])).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'messages[1].tool_calls[1]' }),
    );
    const tooLate = [{ role: 'user', content: 'x' }, { role: 'assistant', content: 'y' }, result('a'), result('b')];
    expect(() => encode([...asked, ...tooLate])).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'messages[1].tool_calls[0]' }),
    );
    expect(() => encode([{ role: 'user', content: 'Hi' }, result('z')])).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'messages[1].tool_call_id' }),
    );
  });

  it('makes foreign ids plain on both sides, keeps them apart, and forwards no signature in them (R-XL-1)', () => {
    const ids = ['call.1', 'call:1', 'call_1', 'gem__thought__c2lnbmF0dXJl', ''];
    const { messages } = encode([
      { role: 'user', content: 'Go' },
      { role: 'assistant', tool_calls: ids.map((id) => call(id, 'f')) },
      ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: id })),
    ]);
    const sent = messages[1]?.content.map(({ id }) => id) as string[];
    expect(sent).toEqual(['call_1', 'call_1_2', 'call_1_3', 'gem', 'call']);
    expect(messages[2]?.content.map((result) => [result.tool_use_id, result.content ?? ''])).toEqual(
      sent.map((id, index) => [id, ids[index]]),
    );
  });

  it('is told in a moment, however many equal ids or system messages a client sends', () => {
    const many = <T>(make: (index: number) => T) => Array.from({ length: 20_000 }, (_, index) => make(index));
    const calls = many((index) => [
      { role: 'assistant', tool_calls: [call('a', 'f')] },
      { role: 'tool', tool_call_id: 'a', content: `${index}` },
    ]).flat();
    expect(encode([{ role: 'user', content: 'Go' }, ...calls]).messages).toHaveLength(40_001);
    const system = many(() => ({ role: 'system', content: 'x' }));
    expect(encode([{ role: 'user', content: 'Go' }, ...system], { model: 'claude-opus-5' }).messages).toHaveLength(2);
  });

  it('tells calls of several turns apart whose client counts from zero in each', () => {
    const turn = (result: string) => [
      { role: 'assistant', tool_calls: [call('call_0', 'f')] },
      { role: 'tool', tool_call_id: 'call_0', content: result },
    ];
    const { messages } = encode([{ role: 'user', content: 'Go' }, ...turn('one'), ...turn('two')]);
    expect(messages[1]?.content[0]?.id).toBe('call_0');
    expect(messages[3]?.content[0]?.id).toBe('call_0_2');
    expect(messages[4]?.content).toEqual([{ type: 'tool_result', tool_use_id: 'call_0_2', content: 'two' }]);
  });

  it.each([
    ['', {}],
    ['{}', {}],
    ['{"a":[1]}', { a: [1] }],
    ['{"a":', { arguments: '{"a":' }],
    ['[1]', { arguments: '[1]' }],
  ])('takes %j for arguments', (argumentsText, input) => {
    const { messages } = encode([
      { role: 'user', content: 'Go' },
      { role: 'assistant', tool_calls: [call('a', 'f', argumentsText)] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ]);
    expect(messages[1]?.content[0]?.input).toEqual(input);
  });

  it('knows deprecated function calls and calls of custom tools', () => {
    const { messages } = encode([
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
      { role: 'function', name: 'f', content: 'one' },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'run', input: 'ls' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'two' },
    ]);
    expect(messages.slice(1).map(({ content }) => content[0])).toEqual([
      { type: 'tool_use', id: 'function_call_1', name: 'f', input: { a: 1 } },
      { type: 'tool_result', tool_use_id: 'function_call_1', content: 'one' },
      { type: 'tool_use', id: 'c', name: 'run', input: { input: 'ls' } },
      { type: 'tool_result', tool_use_id: 'c', content: 'two' },
    ]);
  });

  it('sends back signed thinking first and unchanged, redacted and withheld too (R-XL-1)', () => {
    const thinking = [
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln', extra: 1 },
      { type: 'thinking', thinking: '', signature: 'b25seQ==' },
      { type: 'redacted_thinking', data: 'ZGF0YQ==' },
    ];
    const { messages, warnings } = encode([
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: 'Yes', reasoning_content: 'Hm.', thinking_blocks: thinking },
      { role: 'user', content: 'Why?' },
    ]);
    expect(messages[1]?.content).toEqual([...thinking, text('Yes')]);
    expect(warnings).toEqual([]);
  });

  it("leaves out thinking without this vendor's signature, and says so (R-XL-1)", () => {
    const said = (fields: object) =>
      encode([
        { role: 'user', content: 'Go' },
        { role: 'assistant', content: 'Yes', ...fields },
        { role: 'user', content: 'Why?' },
      ]);
    for (const fields of [
      { reasoning_content: 'Hm.' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: '' }] },
    ]) {
      const { messages, warnings } = said(fields);
      expect(messages[1]?.content).toEqual([text('Yes')]);
      expect(warnings).toEqual(['Reasoning of an earlier turn was left out: it has no signature of this vendor.']);
    }
  });

  it('sends back blocks word for word where the client kept them, and anew where it changed the message', () => {
    const blocks = [
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
      {
        type: 'text',
        text: 'Found it.',
        citations: [{ type: 'web_search_result_location', url: 'https://x.example' }],
      },
    ];
    const said = (content: string, tool_calls: JsonObject[] = []) =>
      encode([
        { role: 'user', content: 'Search' },
        { role: 'assistant', content, tool_calls, provider_specific_fields: { content_blocks: blocks } },
        ...tool_calls.map(() => result('a')),
        { role: 'user', content: 'More' },
      ]).messages[1]?.content;
    expect(said('Found it.')).toEqual(blocks);
    expect(said('Edited.')).toEqual([text('Edited.')]);
    expect(said('Found it.', [call('a', 'f')])?.map(({ type }) => type)).toEqual(['text', 'tool_use']);
  });

  it('tells refusals as text', () => {
    const { messages } = encode([
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { role: 'user', content: 'Please' },
      { role: 'assistant', content: null, refusal: 'Still no.' },
      { role: 'user', content: 'Oh' },
    ]);
    expect([messages[1]?.content, messages[3]?.content]).toEqual([[text('No.')], [text('Still no.')]]);
  });

  it('marks what may be cached: on a part, on a message, in the results of tools, and by OpenAI’s own word', () => {
    const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const { system, messages } = encode([
      { role: 'system', content: [{ type: 'text', text: 'Long.', ...mark }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'One' },
          { type: 'text', text: 'Two' },
        ],
        ...mark,
      },
      {
        role: 'assistant',
        tool_calls: [{ ...call('a', 'f'), ...mark }],
        thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'x', ...mark },
      { role: 'user', content: [{ type: 'text', text: 'Three', prompt_cache_breakpoint: { mode: 'explicit' } }] },
    ]);
    expect(system).toEqual([{ ...text('Long.'), ...mark }]);
    expect(messages[0]?.content).toEqual([text('One'), { ...text('Two'), ...mark }]);
    expect(messages[1]?.content).toEqual([
      { type: 'redacted_thinking', data: 'x' },
      { type: 'tool_use', id: 'a', name: 'f', input: {}, ...mark },
    ]);
    expect(messages[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: 'x', ...mark },
      { ...text('Three'), cache_control: { type: 'ephemeral' } },
    ]);
  });

  it('marks no thinking, which is refused', () => {
    const thinking = [{ type: 'redacted_thinking', data: 'x' }];
    const { messages } = encode([
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: '', thinking_blocks: thinking, cache_control: { type: 'ephemeral' } },
      { role: 'user', content: 'On' },
    ]);
    expect(messages[1]?.content).toEqual(thinking);
  });

  it('goes on from the last words of the assistant without their trailing space', () => {
    const { messages } = encode([
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: 'One, two, \n' },
    ]);
    expect(messages[1]).toEqual({ role: 'assistant', content: [text('One, two,')] });
  });

  it('does not do so for models that refuse it: the request is refused, or the model asked to continue', () => {
    const chat = [
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: 'One,' },
    ];
    expect(() => encode(chat, { model: 'claude-opus-4-6' })).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'messages' }),
    );
    const { messages, warnings } = encode(chat, { model: 'claude-opus-4-6', dropUnsupported: true });
    expect(messages.at(-1)).toEqual({ role: 'user', content: [text('Continue.')] });
    expect(warnings).toHaveLength(1);
  });

  it.each([
    [{ role: 'narrator', content: 'x' }, 'messages[0].role'],
    [{ role: 'user', content: 5 }, 'messages[0].content'],
    [{ role: 'user', content: [5] }, 'messages[0].content[0]'],
    [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }, 'messages[0].content[0].type'],
    [{ role: 'assistant', tool_calls: [{ id: 'a' }] }, 'messages[0].tool_calls[0]'],
  ])('refuses what it cannot tell, naming the field: %j', (message, param) => {
    expect(() => encode([message])).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });
});

interface Encoded {
  readonly system: JsonObject[] | undefined;
  readonly messages: { readonly role: string; readonly content: JsonObject[] }[];
  readonly warnings: string[];
}

function encode(messages: JsonObject[], changes: { model?: string; dropUnsupported?: boolean } = {}): Encoded {
  const to = target({ model: 'claude-sonnet-4-5', ...changes });
  const body = chatCompletions.encode({ messages }, to);
  return { system: body.system, messages: body.messages, warnings: to.warnings } as Encoded;
}

function text(words: string) {
  return { type: 'text', text: words };
}

function image(url: string) {
  return { type: 'image_url', image_url: { url } };
}

function call(id: string, name: string, argumentsText = '{}') {
  return { id, type: 'function', function: { name, arguments: argumentsText } };
}

function result(id: string) {
  return { role: 'tool', tool_call_id: id, content: 'x' };
}
