import type { JsonObject } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReadStream, readEvents, target } from '../../test/read-stream.js';
import { chatAnswer } from './answer-to-chat.js';
import { chatCompletions } from './chat-completions.js';

const start = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 1, service_tier: 'standard' },
  },
};
const stop = { type: 'message_stop' };
const open = (index: number, content_block: JsonObject) => ({ type: 'content_block_start', index, content_block });
const close = (index: number) => ({ type: 'content_block_stop', index });
const ending = (stop_reason: string, more: object = {}) => ({
  type: 'message_delta',
  delta: { stop_reason, ...more },
  usage: { output_tokens: 7 },
});
const textBlock = (index: number, ...pieces: string[]) => [
  open(index, { type: 'text', text: '' }),
  ...pieces.map((text) => delta(index, { type: 'text_delta', text })),
  close(index),
];
const callBlock = (index: number, id: string, ...pieces: string[]) => [
  open(index, { type: 'tool_use', id, name: 'f', input: {} }),
  ...pieces.map((partial_json) => delta(index, { type: 'input_json_delta', partial_json })),
  close(index),
];

describe('a stream of Anthropic, told as chunks of a chat completion', () => {
  it('opens with the role, which commits nothing, and ends with finish, usage and its end, in this order', () => {
    const read = run([start, { type: 'ping' }, ...textBlock(0, 'Hel', 'lo'), ending('end_turn'), stop]);
    const head = {
      id: 'msg_1',
      object: 'chat.completion.chunk',
      created: 0,
      model: 'claude-sonnet-4-5-20250929',
      service_tier: 'default',
    };
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    expect(read.chunks).toEqual([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      chunk({}, 'stop'),
    ]);
    expect(read.contents).toEqual([false, true, true, false]);
    expect(read.produced).toBe(5);
    expect(read.usages).toHaveLength(1);
    expect(read.usages[0]?.usage).toMatchObject({ inputTokens: 10, cacheReadTokens: 4, outputTokens: 7 });
    expect(read.usages[0]?.chunk).toEqual({
      ...head,
      choices: [],
      usage: expect.objectContaining({ prompt_tokens: 14, completion_tokens: 7, total_tokens: 21 }),
    });
    expect([read.dones, read.failure]).toEqual([1, undefined]);
  });

  it('counts calls by themselves, not by their place among the blocks, and closes those without arguments', () => {
    const read = run([
      start,
      ...textBlock(0, 'Two things.'),
      ...callBlock(1, 'toolu_1', '', '{"a"', ':1}'),
      ...callBlock(2, 'toolu_2', ''),
      ending('tool_use'),
      stop,
    ]);
    const pieces = deltas(read).flatMap((delta) => (delta.tool_calls ?? []) as JsonObject[]);
    expect(pieces).toEqual([
      { index: 0, id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 0, function: { arguments: '{"a"' } },
      { index: 0, function: { arguments: ':1}' } },
      { index: 1, id: 'toolu_2', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
    ]);
    expect(finishOf(read)).toBe('tool_calls');
  });

  it('takes what a block begins with for its first piece', () => {
    const read = run([
      start,
      open(0, { type: 'text', text: 'Hi' }),
      close(0),
      open(1, { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }),
      close(1),
      ending('tool_use'),
      stop,
    ]);
    expect(contentOf(read)).toBe('Hi');
    expect(argumentsOf(read)).toEqual(['{"a":1}']);
  });

  it('shows thinking as it comes and gives its block once it is whole, to be sent back as it is (R-XL-1)', () => {
    const read = run([
      start,
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
      delta(0, { type: 'thinking_delta', thinking: 'see.' }),
      delta(0, { type: 'signature_delta', signature: 'c2lnbmF0dXJl' }),
      close(0),
      open(1, { type: 'thinking', thinking: '', signature: '' }),
      delta(1, { type: 'signature_delta', signature: 'b25seQ==' }),
      close(1),
      open(2, { type: 'redacted_thinking', data: 'ZGF0YQ==' }),
      close(2),
      ...textBlock(3, 'Yes'),
      ending('end_turn'),
      stop,
    ]);
    expect(deltas(read).slice(1, -1)).toEqual([
      { reasoning_content: 'Let me ' },
      { reasoning_content: 'see.' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmF0dXJl' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'b25seQ==' }] },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'ZGF0YQ==' }] },
      { content: 'Yes' },
    ]);
  });

  it('gives no block of thinking without a signature: it could not be sent back', () => {
    const read = run([
      start,
      open(0, { type: 'thinking', thinking: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      close(0),
      ending('end_turn'),
      stop,
    ]);
    expect(deltas(read).slice(1, -1)).toEqual([{ reasoning_content: 'Hm.' }]);
  });

  it('keeps what the vendor ran out of the calls, and gives all blocks in their order, from the first', () => {
    const result = {
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: [{ url: 'https://x.example' }],
    };
    const citation = { type: 'web_search_result_location', url: 'https://x.example', title: 'X' };
    const read = run([
      start,
      ...textBlock(0, 'Sear', 'ching.'),
      open(1, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      delta(1, { type: 'input_json_delta', partial_json: '{"query":' }),
      delta(1, { type: 'input_json_delta', partial_json: '"x"}' }),
      close(1),
      open(2, result),
      close(2),
      open(3, { type: 'text', text: '', citations: [] }),
      delta(3, { type: 'citations_delta', citation }),
      delta(3, { type: 'text_delta', text: 'Found.' }),
      close(3),
      ...callBlock(4, 'toolu_1', '{}'),
      ending('tool_use'),
      stop,
    ]);
    expect(contentOf(read)).toBe('Searching.Found.');
    expect(argumentsOf(read)).toEqual(['{}']);
    const fields = deltas(read).flatMap(({ provider_specific_fields: own }) =>
      own === undefined ? [] : [own as JsonObject],
    );
    expect(fields.flatMap(({ content_blocks }) => content_blocks)).toEqual([
      { type: 'text', text: 'Searching.' },
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
      result,
      { type: 'text', text: 'Found.', citations: [citation] },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
    ]);
    expect(deltas(read).flatMap(({ annotations }) => annotations ?? [])).toEqual([
      { type: 'url_citation', url_citation: { start_index: 10, end_index: 16, url: 'https://x.example', title: 'X' } },
    ]);
  });

  it.each([
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'stop'],
    ['stop_sequence', 'stop'],
  ])('that ended by %s has the finish reason %s', (reason, finish) => {
    expect(finishOf(run([start, ...textBlock(0, 'x'), ending(reason), stop]))).toBe(finish);
  });

  it('takes usage for a running total, from wherever it is said, and says none where none was counted (f40)', () => {
    const counted = (...deltas: object[]) =>
      run([start, ...textBlock(0, 'x'), ...deltas, stop]).usages.map(({ usage }) => usage.outputTokens);
    const said = (output_tokens: number, stop_reason: string | null) => ({
      type: 'message_delta',
      delta: { stop_reason },
      usage: { output_tokens },
    });
    expect(counted(said(3, null), said(5, null), said(9, 'end_turn'))).toEqual([9]);
    expect(counted(ending('end_turn'), ending('end_turn'))).toEqual([7]);
    expect(counted({ type: 'message_delta', delta: { stop_reason: 'end_turn', usage: { output_tokens: 8 } } })).toEqual(
      [8],
    );
    expect(counted({ type: 'message_delta', delta: { stop_reason: 'end_turn' } })).toEqual([]);
  });

  it('fails with the failure that an error in it names, and says nothing after (f29, f35)', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const read = run([start, ...textBlock(0, 'Half'), ['error', error], ...textBlock(1, 'more'), stop]);
    expect([read.failure?.kind, read.failure?.retryable, read.dones]).toEqual(['overloaded', true, 0]);
    expect(contentOf(read)).toBe('Half');
  });

  it('is complete once its stop reason was said, with or without the last event, and not before (R-STR-3, f32)', () => {
    const events = [start, ...textBlock(0, 'x'), ending('end_turn'), stop];
    const dones = events.map((_, count) => run(events.slice(0, count)).dones);
    expect(dones).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('is not complete with half a call that was never closed (f41)', () => {
    const half = [
      start,
      open(0, { type: 'tool_use', id: 't', name: 'f', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"a' }),
    ];
    const read = run([...half, ending('tool_use'), stop]);
    expect([read.failure?.kind, read.dones]).toEqual(['upstream_error', 0]);
  });

  it('passes on half a call where the bound of the answer cut it, and the finish says so', () => {
    const read = run([start, ...callBlock(0, 't', '{"a'), ending('max_tokens'), stop]);
    expect([argumentsOf(read), finishOf(read), read.dones]).toEqual([['{"a'], 'length', 1]);
  });

  it('skips and counts an event that cannot be read, unless a call lost a part in it (f36)', () => {
    const text = run([
      start,
      open(0, { type: 'text', text: '' }),
      '{"type":"content_bl',
      ...textBlock(1, 'x'),
      ending('end_turn'),
      stop,
    ]);
    expect([contentOf(text), text.malformed, text.dones]).toEqual(['x', 1, 1]);
    const [opened, first, ...rest] = callBlock(0, 't', '{"a":', '1}');
    const call = run([start, opened, first, '{"type":', ...rest.slice(1), ending('tool_use'), stop]);
    expect([call.failure?.kind, call.dones]).toEqual(['upstream_error', 0]);
    expect(
      run([
        '[1]',
        'null',
        '5',
        start,
        { type: 'content_block_start', index: 0 },
        delta(9, { type: 'text_delta', text: 'x' }),
      ]).malformed,
    ).toBe(5);
  });

  it('ignores events and pieces that nobody knows yet, and everything after its end (f39)', () => {
    const read = run([
      start,
      { type: 'weather_report', degrees: 20 },
      open(0, { type: 'text', text: '' }),
      delta(0, { type: 'glow_delta', glow: 1 }),
      delta(0, { type: 'text_delta', text: 'x' }),
      close(0),
      ending('end_turn'),
      ['data', '[DONE]'],
      stop,
      ['data', '[DONE]'],
      ...textBlock(1, 'more'),
      stop,
    ]);
    expect([contentOf(read), read.malformed, read.dones]).toEqual(['x', 0, 1]);
  });

  it('tells its events by their name where their data does not, and needs no opening', () => {
    const read = run([
      ['content_block_start', { index: 0, content_block: { type: 'text', text: 'Hi' } }],
      ['message_delta', { delta: { stop_reason: 'end_turn' } }],
      ['message_stop', {}],
    ]);
    expect(read.chunks[0]).toMatchObject({ id: 'chatcmpl-0', model: 'some-model' });
    expect([contentOf(read), read.dones]).toEqual(['Hi', 1]);
  });

  it.each([1_000, 10_000, 100_000].flatMap((size) => [1, 2, 8].map((calls) => [size, calls])))(
    'joins to every byte of %i characters of arguments in %i calls, in as many pieces as came (R-STR-1, f42)',
    (size, calls) => {
      const whole = Array.from({ length: calls }, (_, index) =>
        JSON.stringify({ index, text: 'é"\\\n🌍 '.repeat(size / 8) }),
      );
      const blocks = whole.map((json, index) => callBlock(index, `toolu_${index}`, '', ...piecesOf(json, 97)));
      const read = run([start, ...interleaved(blocks), ending('tool_use'), stop]);
      expect(argumentsOf(read)).toEqual(whole);
      const fragments = deltas(read).flatMap((delta) => (delta.tool_calls ?? []) as JsonObject[]);
      expect(fragments.length).toBe(calls + whole.reduce((sum, json) => sum + piecesOf(json, 97).length, 0));
      expect(read.dones).toBe(1);
    },
  );

  it('says the same as the whole answer, whatever its blocks and pieces (R-STR-1)', () => {
    const block = fc.oneof(
      fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary', maxLength: 40 }) }),
      fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature: fc.string({ minLength: 1 }) }),
      fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String({ minLength: 4 }) }),
      fc.record({
        type: fc.constant('tool_use'),
        id: fc.uuid(),
        name: fc.constantFrom('f', 'g'),
        input: fc.dictionary(fc.string(), fc.jsonValue()).map((input) => JSON.parse(JSON.stringify(input))),
      }),
      fc.record({
        type: fc.constant('server_tool_use'),
        id: fc.uuid(),
        name: fc.constant('web_search'),
        input: fc.constant({ query: 'x' }),
      }),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (blocks, size) => {
        const answer = { id: 'msg_1', content: blocks, stop_reason: 'end_turn' };
        const { message } = (chatAnswer(answer, target()).choices as [{ message: JsonObject }])[0];
        const read = run([
          start,
          ...blocks.flatMap((one, index) => streamed(index, one, size)),
          ending('end_turn'),
          stop,
        ]);
        const { content, tool_calls: calls = [], ...rest } = message as JsonObject & { tool_calls?: JsonObject[] };
        expect(contentOf(read)).toBe(content ?? '');
        expect(argumentsOf(read)).toEqual(calls.map((call) => (call.function as JsonObject).arguments));
        const lists = (name: string) => deltas(read).flatMap((delta) => (delta[name] ?? []) as JsonObject[]);
        expect(lists('thinking_blocks')).toEqual(rest.thinking_blocks ?? []);
        expect(lists('provider_specific_fields').flatMap((own) => own.content_blocks)).toEqual(
          (rest.provider_specific_fields as JsonObject | undefined)?.content_blocks ?? [],
        );
      }),
      { numRuns: 200 },
    );
  });
});

function run(events: readonly unknown[]): ReadStream {
  return readEvents(chatCompletions, events);
}

function delta(index: number, fields: object) {
  return { type: 'content_block_delta', index, delta: fields };
}

function deltas(read: ReadStream): JsonObject[] {
  return read.chunks.flatMap((chunk) => (chunk.choices as { delta: JsonObject }[]).map((choice) => choice.delta));
}

function contentOf(read: ReadStream): string {
  return deltas(read)
    .map(({ content }) => (content as string | undefined) ?? '')
    .join('');
}

function argumentsOf(read: ReadStream): string[] {
  const joined: string[] = [];
  for (const piece of deltas(read).flatMap(
    (one) => (one.tool_calls ?? []) as { index: number; function: { arguments: string } }[],
  )) {
    joined[piece.index] = (joined[piece.index] ?? '') + piece.function.arguments;
  }
  return joined;
}

function finishOf(read: ReadStream): unknown {
  const finishes = read.chunks.flatMap((chunk) =>
    (chunk.choices as JsonObject[]).map((choice) => choice.finish_reason),
  );
  expect(finishes.filter(Boolean)).toHaveLength(1);
  return finishes.at(-1);
}

function piecesOf(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}

/** One event of each list in turn. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
}

/** A whole block, the way it is streamed. */
function streamed(index: number, block: JsonObject, size: number): object[] {
  const { type, text, thinking, signature, input } = block;
  const pieces = (name: string, field: string, value: string) =>
    piecesOf(value, size).map((piece) => delta(index, { type: name, [field]: piece }));
  if (typeof text === 'string')
    return [open(index, { ...block, text: '' }), ...pieces('text_delta', 'text', text), close(index)];
  if (typeof thinking === 'string') {
    const opened = open(index, { type, thinking: '', signature: '' });
    return [
      opened,
      ...pieces('thinking_delta', 'thinking', thinking),
      delta(index, { type: 'signature_delta', signature }),
      close(index),
    ];
  }
  if (input === undefined) return [open(index, block), close(index)];
  return [
    open(index, { ...block, input: {} }),
    ...pieces('input_json_delta', 'partial_json', JSON.stringify(input)),
    close(index),
  ];
}
