import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, type ReadStream, readEvents, target } from '../../test/read-stream.js';
import { gemini } from './index.js';

const codec = gemini.codecs['chat.completions'] as NonNullable<(typeof gemini.codecs)['chat.completions']>;
const head = { modelVersion: 'gemini-3-flash-preview', responseId: 'r1' };
const usageMetadata = { promptTokenCount: 8, candidatesTokenCount: 2, thoughtsTokenCount: 5, totalTokenCount: 15 };

describe('a stream of Gemini, told as chunks of a chat completion', () => {
  it('opens with the role, which commits nothing, and ends with finish, usage and its end, in this order', () => {
    const read = run([frame([{ text: 'Hel' }]), frame([{ text: 'lo' }]), ending('STOP')]);
    const said = (delta: object, finish_reason: string | null = null) => ({
      id: 'r1',
      object: 'chat.completion.chunk',
      created: 0,
      model: 'gemini-3-flash-preview',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    expect(read.chunks).toEqual([
      said({ role: 'assistant', content: '' }),
      said({ content: 'Hel' }),
      said({ content: 'lo' }),
      said({}, 'stop'),
    ]);
    expect(read.contents).toEqual([false, true, true, false]);
    expect(read.produced).toBe(5);
    expect(read.usages).toHaveLength(1);
    expect(read.usages[0]?.usage).toMatchObject({ inputTokens: 8, outputTokens: 2, reasoningTokens: 5 });
    expect(read.usages[0]?.chunk).toMatchObject({
      id: 'r1',
      choices: [],
      usage: { prompt_tokens: 8, completion_tokens: 7, total_tokens: 15 },
    });
    expect([read.dones, read.failure]).toEqual([1, undefined]);
  });

  it('shows thoughts apart from the text', () => {
    const { message } = collected(
      run([frame([{ text: 'Hm.', thought: true }, { text: 'Yes' }]), ending('STOP')]).chunks,
    );
    expect([message.reasoning_content, message.content]).toEqual(['Hm.', 'Yes']);
  });

  it('gives each call whole, with its signature where both kinds of clients look for it (R-XL-1)', () => {
    const read = run([
      frame([{ functionCall: { name: 'f', args: { a: 1 }, id: 'x1' }, thoughtSignature: 'c2ln' }]),
      frame([{ functionCall: { name: 'f', args: null } }]),
      ending('STOP'),
    ]);
    const { message, finish } = collected(read.chunks);
    expect(message.tool_calls).toEqual([
      {
        id: 'x1',
        type: 'function',
        function: { name: 'f', arguments: '{"a":1}' },
        provider_specific_fields: { thought_signature: 'c2ln' },
        extra_content: { google: { thought_signature: 'c2ln' } },
      },
      { id: 'call_r1_1', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
    expect(finish).toBe('tool_calls');
  });

  it('makes ids for calls that have none, or that have one twice', () => {
    const call = { functionCall: { name: 'f', args: {}, id: 'same' } };
    const { message } = collected(run([frame([call, call, { functionCall: { name: 'g' } }]), ending('STOP')]).chunks);
    expect(message.tool_calls?.map(({ id }) => id)).toEqual(['same', 'call_r1_1', 'call_r1_2']);
  });

  it('keeps a signature with the stretch of text it came with, be that of no length', () => {
    const read = run([frame([{ text: 'Hello' }]), frame([{ text: '', thoughtSignature: 'c2ln' }]), ending('STOP')]);
    expect(collected(read.chunks).message).toEqual({
      role: 'assistant',
      content: 'Hello',
      provider_specific_fields: { text_signatures: [{ start: 5, end: 5, thought_signature: 'c2ln' }] },
    });
  });

  it('hands on the parts themselves where the fields of chat cannot tell them', () => {
    const parts = [
      { executableCode: { language: 'PYTHON', code: 'print(1)', id: 'e1' }, thoughtSignature: 'c2ln' },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n', id: 'e1' } },
    ];
    const read = run([frame(parts), frame([{ text: 'It ' }]), frame([{ text: 'is 1.' }]), ending('STOP')]);
    const { message } = collected(read.chunks);
    expect(message.content).toBe('It is 1.');
    expect(message.provider_specific_fields).toEqual({ parts: [...parts, { text: 'It is 1.' }] });
  });

  it('shows images and sound', () => {
    const read = run([
      frame([
        { inlineData: { mimeType: 'image/png', data: 'aW1n' }, thoughtSignature: 'c2ln' },
        { inlineData: { mimeType: 'audio/L16;rate=24000', data: 'cGNt' } },
      ]),
      ending('STOP'),
    ]);
    const { message } = collected(read.chunks);
    expect(message.images).toEqual([
      expect.objectContaining({ type: 'image_url', image_url: { url: 'data:image/png;base64,aW1n' } }),
    ]);
    expect(message.audio).toEqual({ data: 'cGNt' });
  });

  it('tells several answers apart (`n`), each with its own calls and its own end', () => {
    const both = (one: object, other: object) => ({
      ...head,
      candidates: [
        { index: 0, ...one },
        { index: 1, ...other },
      ],
    });
    const text = (words: string) => ({ content: { parts: [{ text: words }] } });
    const call = { content: { parts: [{ functionCall: { name: 'f' } }] } };
    const read = run([
      both(text('a'), text('x')),
      both({ ...text('b'), finishReason: 'STOP' }, { ...call, finishReason: 'STOP' }),
    ]);
    expect(collected(read.chunks, 0)).toMatchObject({ message: { content: 'ab' }, finish: 'stop' });
    expect(collected(read.chunks, 1)).toMatchObject({ message: { content: 'x' }, finish: 'tool_calls' });
    expect(collected(read.chunks, 1).message.tool_calls?.[0]?.id).toBe('call_r1_1_0');
    expect(read.dones).toBe(1);
  });

  it('is not complete before every answer has ended (R-STR-3)', () => {
    const read = run([
      { ...head, candidates: [{ index: 0, content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }] },
      { ...head, candidates: [{ index: 1, content: { parts: [{ text: 'x' }] } }] },
    ]);
    expect([read.dones, read.failure]).toEqual([0, undefined]);
  });

  it('takes the last word on usage, and keeps what it leaves out', () => {
    const read = run([
      { ...frame([{ text: 'a' }]), usageMetadata: { promptTokenCount: 8, thoughtsTokenCount: 5, totalTokenCount: 13 } },
      { ...ending('STOP'), usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 2, totalTokenCount: 15 } },
      { usageMetadata: { serviceTier: 'standard' } },
    ]);
    expect(read.usages[0]?.usage).toMatchObject({ inputTokens: 8, outputTokens: 2, reasoningTokens: 5 });
    expect(read.dones).toBe(1);
  });

  it('says what was used where it breaks off (R-SP-4)', () => {
    const begun = { ...frame([{ text: 'a' }]), usageMetadata };
    expect(run([begun]).usages[0]?.usage).toMatchObject({ inputTokens: 8, outputTokens: 2 });
    const failed = run([begun, { error: { code: 500, message: 'x', status: 'INTERNAL' } }]);
    expect([failed.usages[0]?.usage.inputTokens, failed.dones]).toEqual([8, 0]);
  });

  it.each([
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['OTHER', 'stop'],
    ['SOMETHING_NEW', 'stop'],
  ])('ends with %s as %s', (native, finish) => {
    expect(collected(run([frame([{ text: 'a' }]), ending(native)]).chunks).finish).toBe(finish);
  });

  it('may end without a word where the bound cut its thoughts', () => {
    const read = run([{ ...head, candidates: [{ finishReason: 'MAX_TOKENS', index: 0 }], usageMetadata }]);
    expect(collected(read.chunks)).toEqual({ message: { role: 'assistant', content: '' }, finish: 'length' });
    expect(read.dones).toBe(1);
  });

  it('fails as refused where the prompt is blocked (f12)', () => {
    const read = run([
      { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 8 } },
    ]);
    expect([read.failure?.kind, read.failure?.message, read.dones]).toEqual([
      'content_filtered',
      'gemini refused the prompt by its content filter (PROHIBITED_CONTENT).',
      0,
    ]);
  });

  it('fails, and may be asked again, where it holds nothing but a call that cannot be read', () => {
    const read = run([{ ...head, candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }] }]);
    expect([read.failure?.kind, read.failure?.retryable, read.dones]).toEqual(['upstream_error', true, 0]);
  });

  it.each([
    ['an event', { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }, 'overloaded'],
    ['an array', [{ error: { code: 429, message: 'Exhausted', status: 'RESOURCE_EXHAUSTED' } }], 'rate_limited'],
    ['an event without a number', { error: { message: 'gone', status: 'INTERNAL' } }, 'upstream_error'],
  ])('fails with the error that comes as %s in the middle (f35)', (_form, error, kind) => {
    const read = run([frame([{ text: 'a' }]), JSON.stringify(error), ending('STOP')]);
    expect([read.failure?.kind, read.dones]).toEqual([kind, 0]);
  });

  it('skips and counts what it cannot read, and goes on (f36, R-STR-8)', () => {
    const read = run(['{"candidates', '7', frame([{ text: 'a' }, null, 'x']), { candidates: 'none' }, ending('STOP')]);
    expect([read.malformed, collected(read.chunks).message.content, read.dones]).toEqual([4, 'a', 1]);
  });

  it('tells which pages it rests on, by places in the text as the client counts them', () => {
    const grounding = {
      groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }, { retrievedContext: { text: 'own' } }],
      groundingSupports: [{ segment: { startIndex: 4, endIndex: 9 }, groundingChunkIndices: [0, 1] }],
    };
    const read = run([frame([{ text: 'Tür: größe' }]), ending('STOP', { groundingMetadata: grounding })]);
    const citation = (collected(read.chunks).message.annotations as Loose)[0].url_citation;
    expect(citation).toEqual({ url: 'https://a.example', title: 'A', start_index: 3, end_index: 7 });
    const last = (read.chunks.at(-1) as Loose).choices[0];
    expect(last.provider_specific_fields).toEqual({ groundingMetadata: grounding });
  });

  it('shows the probabilities of tokens', () => {
    const chosen = { token: 'Hi', logProbability: -0.5, tokenId: 1 };
    const logprobsResult = { chosenCandidates: [chosen], topCandidates: [{ candidates: [chosen] }] };
    const read = run([
      { ...head, candidates: [{ content: { parts: [{ text: 'Hi' }] }, logprobsResult }] },
      ending('STOP'),
    ]);
    const told = read.chunks.map((chunk: Loose) => chunk.choices[0].logprobs).filter(Boolean);
    const token = { token: 'Hi', logprob: -0.5, bytes: null };
    expect(told).toEqual([{ content: [{ ...token, top_logprobs: [token] }], refusal: null }]);
  });
});

describe('a call whose arguments come piece by piece', () => {
  const begin = { functionCall: { name: 'f', willContinue: true }, thoughtSignature: 'c2ln' };
  const piece = (...partialArgs: object[]) => ({ functionCall: { partialArgs, willContinue: true } });
  const end = { functionCall: {} };

  it('is told once it is whole', () => {
    const read = run([
      frame([begin]),
      frame([piece({ jsonPath: '$.list[0].a', stringValue: 'x', willContinue: true })]),
      frame([piece({ jsonPath: '$.list[0].a', stringValue: 'y' }, { jsonPath: "$['odd.name']", numberValue: 2 })]),
      frame([piece({ jsonPath: '$.list[1]', nullValue: 'NULL_VALUE' }, { jsonPath: '$.ok', boolValue: false })]),
      frame([end]),
      ending('STOP'),
    ]);
    const [call] = collected(read.chunks).message.tool_calls ?? [];
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ list: [{ a: 'xy' }, null], 'odd.name': 2, ok: false });
    expect(call).toMatchObject({ provider_specific_fields: { thought_signature: 'c2ln' } });
  });

  it('is a failure where a piece cannot be placed (f41)', () => {
    const read = run([
      frame([begin]),
      frame([piece({ jsonPath: '$.list[7]', stringValue: 'x' })]),
      frame([end]),
      ending('STOP'),
    ]);
    expect([read.failure?.kind, read.dones]).toEqual(['upstream_error', 0]);
  });

  it('is told as far as it came where the bound of the answer cut it', () => {
    const read = run([frame([begin]), frame([piece({ jsonPath: '$.a', stringValue: 'x' })]), ending('MAX_TOKENS')]);
    const { message, finish } = collected(read.chunks);
    expect([message.tool_calls?.[0]?.function.arguments, finish]).toEqual(['{"a":"x"}', 'length']);
  });
});

describe('the whole answer', () => {
  it('says the same as its stream', () => {
    const parts = [
      { text: 'Hm.', thought: true },
      { text: 'Yes', thoughtSignature: 'dGV4dA==' },
      { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' },
    ];
    const answer = { ...head, candidates: [{ content: { parts }, finishReason: 'STOP', index: 0 }], usageMetadata };
    const whole = codec.decode?.(answer, target()) as Loose;
    const read = run([answer]);
    const { message, finish } = collected(read.chunks);
    expect({ refusal: null, ...message }).toEqual(whole.choices[0].message);
    expect([finish, read.usages[0]?.chunk.usage]).toEqual([whole.choices[0].finish_reason, whole.usage]);
  });

  it.each([
    ['nothing', {}, 'upstream_error'],
    ['no candidate', { candidates: [] }, 'upstream_error'],
    ['something else', { candidates: 'x', promptFeedback: 3 }, 'upstream_error'],
    ['a refusal of the prompt', { promptFeedback: { blockReason: 'SAFETY' } }, 'content_filtered'],
    ['a call that cannot be read', { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] }, 'upstream_error'],
  ])('is a failure where it holds %s', (_what, answer, kind) => {
    expect(() => codec.decode?.(answer, target())).toThrow(expect.objectContaining({ kind }));
  });
});

function frame(parts: readonly unknown[]): JsonObject {
  return { ...head, candidates: [{ content: { parts, role: 'model' }, index: 0 }] };
}

function ending(finishReason: string, more: object = {}): JsonObject {
  return {
    ...head,
    candidates: [{ content: { parts: [{ text: '' }] }, finishReason, index: 0, ...more }],
    usageMetadata,
  };
}

function run(events: readonly unknown[]): ReadStream {
  return readEvents(codec, events);
}
