import { describe, expect, it } from 'vitest';
import { settings } from '../../test/connection-settings.js';
import { type Loose, readEvents, target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { ollama } from './index.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };
const TOOLS = [{ type: 'function', function: { name: 'f' } }];

describe('asking Ollama', () => {
  it.each([
    [undefined, 'http://localhost:11434/api/chat'],
    ['http://gpu-1:11434', 'http://gpu-1:11434/api/chat'],
    ['http://gpu-1:11434/api/generate', 'http://gpu-1:11434/api/chat'],
    ['http://gpu-1:11434/v1', 'http://gpu-1:11434/v1/chat/completions'],
  ])("goes to its own API, and to its copy of OpenAI's where the address says so: %s", (baseUrl, address) => {
    const connection = ollama.connect(settings({ baseUrl }));
    expect(connection.origin + connection.paths['chat.completions']).toBe(address);
    const codec = (connection.codecs ?? ollama.codecs)['chat.completions'];
    const body = codec?.encode({ ...QUESTION, max_tokens: 5 }, target());
    expect(body?.options ?? body?.max_tokens).toEqual(address.includes('/v1/') ? 5 : { num_predict: 5 });
  });

  it("sends a deployment's context and how long the model stays, unless the client says so (documented)", () => {
    const { codecs } = ollama.connect(settings({ options: { numCtx: 8192, keepAlive: '1h' } }));
    const encode = (more: object) => codecs?.['chat.completions']?.encode({ ...QUESTION, ...more }, target());
    expect(encode({})).toMatchObject({ keep_alive: '1h', options: { num_ctx: 8192 } });
    expect(encode({ keep_alive: 0, options: { num_ctx: 9 } })).toMatchObject({
      keep_alive: 0,
      options: { num_ctx: 9 },
    });
    const seconds = ollama.connect(settings({ options: { keepAlive: '-1' } })).codecs?.['chat.completions'];
    expect(seconds?.encode(QUESTION, target()).keep_alive).toBe(-1);
    expect(() => ollama.connect(settings({ options: { numCtx: '8k' } }))).toThrow(/numCtx/);
  });

  it.each([
    [{ reasoning_effort: 'high' }, 'qwen3', true],
    [{ reasoning_effort: 'none' }, 'qwen3', false],
    [{ reasoning_effort: 'none' }, 'gpt-oss:20b', 'low'],
    [{ reasoning_effort: 'xhigh' }, 'gpt-oss:20b', 'high'],
    [{ thinking: { type: 'disabled' } }, 'qwen3', false],
    [{ think: 'max' }, 'qwen3', 'max'],
    [{}, 'qwen3', undefined],
  ])('asks for thinking as the model knows it: %j of %s (documented)', (more, model, think) => {
    expect(chatCompletions.encode({ ...QUESTION, ...more }, target({ model })).think).toBe(think);
  });

  it.each([
    [{ type: 'json_object' }, 'json'],
    [{ type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } }, { type: 'object' }],
    [{ type: 'text' }, undefined],
  ])('asks for a form: %j (documented)', (format, told) => {
    expect(chatCompletions.encode({ ...QUESTION, response_format: format }, target()).format).toEqual(told);
  });

  it('puts images beside the text, in plain base64, and refuses those it would have to fetch (documented)', () => {
    const ask = (url: string) => {
      const content = [
        { type: 'text', text: 'What?' },
        { type: 'image_url', image_url: { url } },
      ];
      const body: Loose = chatCompletions.encode({ messages: [{ role: 'user', content }] }, target());
      return body.messages[0];
    };
    expect(ask('data:image/png;base64,aW1n')).toEqual({ role: 'user', content: 'What?', images: ['aW1n'] });
    expect(() => ask('https://example.com/a.png')).toThrow(/data URL/);
  });

  it.each([
    [{ tools: TOOLS, tool_choice: 'required' }, 'tool_choice'],
    [{ n: 2 }, 'n'],
    [{ logit_bias: { 1: 1 } }, 'logit_bias'],
  ])('refuses what would change the answer if it were dropped: %j (documented)', (more, param) => {
    const encode = (to = target()) => chatCompletions.encode({ ...QUESTION, ...more }, to);
    expect(encode).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
    const dropping = target({ dropUnsupported: true });
    encode(dropping);
    expect(dropping.warnings).toHaveLength(1);
  });

  it('offers no tools where none may be called (documented)', () => {
    expect(chatCompletions.encode({ ...QUESTION, tools: TOOLS, tool_choice: 'none' }, target()).tools).toBeUndefined();
  });

  it('takes one prompt a request, and texts to embed (documented)', () => {
    const asked = { prompt: ['Once'], suffix: 'end', max_tokens: 3, stop: 'x', logprobs: 0 };
    expect(completions.encode(asked, target())).toEqual({
      model: 'some-model',
      prompt: 'Once',
      suffix: 'end',
      options: { stop: ['x'], num_predict: 3 },
      stream: false,
    });
    expect(() => completions.encode({ prompt: ['a', 'b'] }, target())).toThrow(/one prompt/);
    expect(embeddings.encode({ input: 'a', dimensions: 64, num_ctx: 9 }, target())).toEqual({
      model: 'some-model',
      input: ['a'],
      dimensions: 64,
      options: { num_ctx: 9 },
    });
    const answer: Loose = embeddings.decode?.({ embeddings: [[1], [2]], prompt_eval_count: 4 }, target(), {});
    expect(answer.data.map((one: Loose) => one.embedding)).toEqual([[1], [2]]);
    expect(answer.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
  });
});

describe('what goes wrong at Ollama', () => {
  it.each([
    [400, 'registry.ollama.ai/library/x does not support tools', 'invalid_input'],
    [400, 'the input length exceeds the context length', 'context_too_long'],
    [404, "model 'x' not found", 'upstream_model_not_found'],
    [500, 'llama runner process has terminated', 'upstream_error'],
    [503, 'server busy, please try again.  maximum pending requests exceeded', 'overloaded'],
    [401, 'unauthorized', 'unauthorized_upstream'],
  ])('is an error of our kinds: %d %s (documented)', (status, error, kind) => {
    const answer = { status, body: { error }, text: '', headers: { get: () => undefined } };
    expect(ollama.classify(answer).kind).toBe(kind);
  });

  it('ends a stream with the error that came in place of a line (documented)', () => {
    const line = { model: 'm', message: { content: 'Hi' }, done: false };
    const { failure, dones } = readEvents(chatCompletions, [line, { error: 'server busy, please try again.' }, line]);
    expect([failure?.kind, dones]).toEqual(['overloaded', 0]);
  });
});
