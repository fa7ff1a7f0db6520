import { GatewayError, secret } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { settings } from '../../test/connection-settings.js';
import { type Loose, readEvents, target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';
import { embeddings } from './embeddings.js';
import { cohere } from './index.js';
import { rerank } from './rerank.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };
const TOOLS = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }));

describe('asking Cohere', () => {
  it.each([
    [undefined, 'https://api.cohere.com/v2/chat'],
    ['https://api.cohere.ai/v1', 'https://api.cohere.ai/v2/chat'],
    ['https://api.cohere.com/v2/chat', 'https://api.cohere.com/v2/chat'],
    ['http://proxy.example/cohere/', 'http://proxy.example/cohere/v2/chat'],
  ])('goes to the second version of its API, whatever of it was named: %s', (baseUrl, address) => {
    const { origin, paths, headers } = cohere.connect(settings({ baseUrl, apiKey: secret('key') }));
    expect(origin + paths['chat.completions']).toBe(address);
    expect(headers.authorization).toBe('Bearer key');
  });

  it('gives parameters their names here, and says what it leaves out (documented)', () => {
    const to = target({ dropUnsupported: true });
    const asked = {
      ...QUESTION,
      top_p: 0.9,
      top_k: 5,
      stop: 'x',
      max_completion_tokens: 7,
      user: 'ada',
      logit_bias: { 1: 1 },
    };
    expect(chatCompletions.encode(asked, to)).toEqual({
      model: 'some-model',
      messages: QUESTION.messages,
      max_tokens: 7,
      p: 0.9,
      k: 5,
      stop_sequences: ['x'],
      stream: false,
    });
    expect(to.warnings.map((warning) => warning.slice(0, 12))).toEqual(['"user" was l', '"logit_bias"']);
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ logit_bias: { 1: 1 } }, 'logit_bias'],
    [{ tools: TOOLS, response_format: { type: 'json_object' } }, 'response_format'],
    [{ tools: TOOLS, parallel_tool_calls: false }, 'parallel_tool_calls'],
    [{ tools: TOOLS, tool_choice: { type: 'function', function: { name: 'h' } } }, 'tool_choice'],
    [{ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }, 'messages[0].content[0]'],
  ])('refuses what would change the answer if it were dropped: %j (documented)', (more, param) => {
    const encode = () => chatCompletions.encode({ ...QUESTION, ...more }, target());
    expect(encode).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });

  it('offers one tool alone where the client names it, and holds the model to schemas where all are strict (documented)', () => {
    const strict = TOOLS.map(({ function: declared }) => ({
      type: 'function',
      function: { ...declared, strict: true },
    }));
    const choice = { type: 'function', function: { name: 'g' } };
    const body: Loose = chatCompletions.encode({ ...QUESTION, tools: strict, tool_choice: choice }, target());
    expect(body.tools.map((tool: Loose) => tool.function.name)).toEqual(['g']);
    expect([body.tool_choice, body.strict_tools]).toEqual(['REQUIRED', true]);
  });

  it('sends text files beside the conversation (documented)', () => {
    const file = { filename: 'a.txt', file_data: `data:text/plain;base64,${btoa('Hello')}` };
    const content = [
      { type: 'text', text: 'Read.' },
      { type: 'file', file },
    ];
    const body: Loose = chatCompletions.encode({ messages: [{ role: 'user', content }] }, target());
    expect(body.documents).toEqual([{ data: { text: 'Hello', title: 'a.txt' } }]);
    expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Read.' }] }]);
  });

  it.each([
    ['command-a-03-2025', { reasoning_effort: 'high' }, undefined],
    ['command-a-reasoning-08-2025', { reasoning_effort: 'high' }, { type: 'enabled' }],
    ['command-a-reasoning-08-2025', { reasoning_effort: 'none' }, { type: 'disabled' }],
    [
      'command-a-reasoning-08-2025',
      { thinking: { type: 'enabled', budget_tokens: 9 } },
      { type: 'enabled', token_budget: 9 },
    ],
  ])('asks %s to think as the client does: %j (documented)', (model, more, thinking) => {
    expect(chatCompletions.encode({ ...QUESTION, ...more }, target({ model })).thinking).toEqual(thinking);
  });

  it('tells a plan before calls as reasoning, and sends it back as a plan (documented)', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    const answer = { message: { tool_plan: 'I will.', tool_calls: [call] }, finish_reason: 'TOOL_CALL' };
    const whole: Loose = chatCompletions.decode?.(answer, target());
    const said = whole.choices[0].message;
    expect(said.reasoning_content).toBe('I will.');
    const back: Loose = chatCompletions.encode({ messages: [said] }, target({ model: 'command-r7b-12-2024' }));
    expect(back.messages[0]).toEqual({ role: 'assistant', tool_plan: 'I will.', tool_calls: [call] });
  });
});

describe('what Cohere answers', () => {
  it.each([
    ['ERROR', 'upstream_error'],
    ['TIMEOUT', 'timeout'],
  ])('is a failure where it ends with %s, whole or streamed (documented)', (reason, kind) => {
    const whole = () => chatCompletions.decode?.({ message: { content: [] }, finish_reason: reason }, target());
    expect(whole).toThrow(expect.objectContaining({ kind }));
    const { failure, dones } = readEvents(chatCompletions, [{ type: 'message-end', delta: { finish_reason: reason } }]);
    expect([failure?.kind, dones]).toEqual([kind, 0]);
  });

  it('is never half a call, and never complete without its last event (f41, R-STR-3)', () => {
    const start = {
      type: 'tool-call-start',
      index: 0,
      delta: { message: { tool_calls: { id: 'a', function: { name: 'f', arguments: '{"a' } } } },
    };
    const ended = readEvents(chatCompletions, [start, { type: 'message-end', delta: { finish_reason: 'TOOL_CALL' } }]);
    expect([ended.failure?.kind, ended.dones]).toEqual(['upstream_error', 0]);
    expect(readEvents(chatCompletions, [start]).dones).toBe(0);
  });

  it('closes a call without arguments with those of nothing (documented)', () => {
    const start = {
      type: 'tool-call-start',
      index: 3,
      delta: { message: { tool_calls: { id: 'a', function: { name: 'f', arguments: '' } } } },
    };
    const events = [
      start,
      { type: 'tool-call-end', index: 3 },
      { type: 'message-end', delta: { finish_reason: 'TOOL_CALL' } },
    ];
    const { chunks } = readEvents(chatCompletions, events);
    const pieces = chunks.flatMap((chunk: Loose) => chunk.choices[0].delta.tool_calls ?? []);
    expect(pieces.map((piece: Loose) => [piece.index, piece.function.arguments])).toEqual([
      [0, ''],
      [0, '{}'],
    ]);
  });

  it.each([
    [{ status: 498, body: { message: 'blocked' } }, 'content_filtered'],
    [{ status: 402, body: { message: 'no' } }, 'quota_exhausted'],
    [
      { status: 429, body: { message: 'You are using a Trial key, which is limited to 1000 API calls / month.' } },
      'quota_exhausted',
    ],
    [
      { status: 429, body: { message: 'You are using a Trial key, which is limited to 10 API calls / minute.' } },
      'rate_limited',
    ],
    [{ status: 500, body: { data: 'internal' } }, 'upstream_error'],
    [{ status: 503, body: undefined }, 'overloaded'],
  ])('is an error of our kinds: %j (documented)', ({ status, body }, kind) => {
    const failure = cohere.classify({ status, body, text: '', headers: { get: () => undefined } });
    expect(failure).toBeInstanceOf(GatewayError);
    expect(failure.kind).toBe(kind);
  });
});

describe('embeddings and rerank of Cohere', () => {
  it('tells texts, images and lists of parts apart, and refuses tokens (documented)', () => {
    const image = 'data:image/png;base64,aW1n';
    const parts = [{ type: 'text', text: 'a' }];
    const told = (input: unknown) => embeddings.encode({ input, encoding_format: 'base64', dimensions: 256 }, target());
    const usual = { model: 'some-model', embedding_types: ['float'], output_dimension: 256 };
    expect(told('a')).toEqual({ ...usual, input_type: 'search_document', texts: ['a'] });
    expect(told([image])).toEqual({ ...usual, input_type: 'image', images: [image] });
    expect(told([parts])).toEqual({ ...usual, input_type: 'search_document', inputs: [{ content: parts }] });
    expect(() => told([1, 2])).toThrow(GatewayError);
    expect(() => told([[1, 2]])).toThrow(GatewayError);
  });

  it('ranks documents of fields as text, and puts them back beside their places (documented)', () => {
    const request = {
      query: 'q',
      documents: ['a', { text: 'b' }, { title: 'c', n: 1 }],
      top_n: 1,
      return_documents: true,
    };
    expect(rerank.encode(request, target())).toEqual({
      model: 'some-model',
      query: 'q',
      documents: ['a', 'b', 'title: c\nn: 1'],
      top_n: 1,
    });
    const answer: Loose = rerank.decode?.({ results: [{ index: 0 }, { index: 1 }] }, target(), request);
    expect(answer.results.map(({ document }: Loose) => document)).toEqual([{ text: 'a' }, { text: 'b' }]);
  });
});
