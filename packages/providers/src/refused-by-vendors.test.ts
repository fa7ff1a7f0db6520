import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { type Loose, readEvents, target } from '../test/read-stream.js';
import { allProviders } from './index.js';

// What vendors refuse of conversations that were led with others, and what servers answer in a form of their own.

const MARK = { cache_control: { type: 'ephemeral', ttl: '1h' } };

describe("Anthropic's marks for the cache", () => {
  const request = {
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'You help.', ...MARK }] },
      { role: 'user', content: [{ type: 'text', text: 'Hi', ...MARK }] },
      { role: 'tool', tool_call_id: 'c1', content: 'out', ...MARK },
    ],
    tools: [{ type: 'function', function: { name: 'run' }, ...MARK }],
  };

  it.each(['groq', 'cerebras', 'openai', 'mistral', 'hosted_vllm', 'together_ai'])(
    'do not reach %s, with a warning',
    (name) => {
      const { body, warnings } = encode(name, 'chat.completions', request);
      expect(JSON.stringify(body)).not.toContain('cache_control');
      expect(warnings.filter((warning) => warning.includes('cache_control'))).toHaveLength(1);
    },
  );

  it.each(['openrouter', 'dashscope', 'litellm_proxy'])('stay for %s, which reads them', (name) => {
    expect(JSON.stringify(encode(name, 'chat.completions', request).body).match(/cache_control/g)).toHaveLength(4);
  });

  it.each(['moonshot', 'fireworks_ai', 'deepseek', 'minimax', 'zai'])(
    'have no lifetime on the Messages API of %s',
    (name) => {
      const { body } = encode(name, 'messages', {
        system: request.messages[0]?.content,
        messages: [request.messages[1]],
      });
      expect(body.system[0].cache_control).toEqual({ type: 'ephemeral' });
      expect(body.messages[0].content[0].cache_control).toEqual({ type: 'ephemeral' });
    },
  );

  it.each(['anthropic', 'bedrock'])('keep their lifetime at %s', (name) => {
    const { body } = encode(name, 'messages', { messages: [request.messages[1]] }, 'claude-sonnet-4-5');
    expect(body.messages[0].content[0].cache_control).toEqual(MARK.cache_control);
  });
});

describe('a Messages request at Bedrock', () => {
  const HELLO = { role: 'user', content: 'A long book' };

  it('has the automatic mark on its last block', () => {
    const { body } = encode('bedrock', 'messages', { messages: [HELLO], ...MARK }, 'anthropic.claude-sonnet-4-5');
    expect(body.cache_control).toBeUndefined();
    expect(body.messages[0].content).toEqual([{ type: 'text', text: 'A long book', ...MARK }]);
  });

  const asked = {
    messages: [HELLO],
    context_management: { edits: [] },
    tools: [{ name: 'run', input_schema: { type: 'object' }, eager_input_streaming: true }],
  };

  it('loses the fields whose beta it does not name', () => {
    const { body, warnings } = encode('bedrock', 'messages', asked, 'anthropic.claude-sonnet-4-5');
    expect([body.context_management, body.tools[0].eager_input_streaming]).toEqual([undefined, undefined]);
    expect(warnings).toHaveLength(2);
  });

  it('keeps the fields whose beta it names', () => {
    const anthropic_beta = ['context-management-2025-06-27', 'fine-grained-tool-streaming-2025-05-14'];
    const { body } = encode('bedrock', 'messages', { ...asked, anthropic_beta }, 'anthropic.claude-sonnet-4-5');
    expect(body).toMatchObject({ ...asked, anthropic_beta });
  });
});

describe('thinking of another model, in a conversation that goes on with Claude', () => {
  const turn = (content: readonly JsonObject[]) => [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x' }] },
  ];
  const unsigned = { type: 'thinking', thinking: 'A greeting.', signature: '' };
  const signed = { type: 'thinking', thinking: 'A greeting.', signature: 'EqQB' };
  const call = { type: 'tool_use', id: 't1', name: 'run', input: {} };
  const thinking = { type: 'enabled', budget_tokens: 2000 };

  it.each(['anthropic', 'bedrock'])(
    'is left out at %s, and the model does not think in the middle of a turn',
    (name) => {
      const { body, warnings } = encode(
        name,
        'messages',
        { messages: turn([unsigned, call]), thinking },
        'claude-sonnet-4-5',
      );
      expect(body.messages[1].content).toEqual([call]);
      expect(body.thinking).toBeUndefined();
      expect(warnings).toHaveLength(2);
    },
  );

  it('stays as it is where Claude signed it', () => {
    const { body } = encode('anthropic', 'messages', { messages: turn([signed, call]), thinking }, 'claude-sonnet-4-5');
    expect(body).toMatchObject({ messages: turn([signed, call]), thinking });
  });
});

describe('a system message in the middle of a conversation', () => {
  const messages = [
    { role: 'system', content: 'You help.' },
    { role: 'user', content: 'Hi' },
    { role: 'system', content: 'Be brief.' },
  ];

  it.each(['hosted_vllm', 'llamacpp', 'lm_studio', 'minimax', 'perplexity'])('is one of the user at %s', (name) => {
    expect(encode(name, 'chat.completions', { messages }).body.messages).toEqual([
      { role: 'system', content: 'You help.' },
      { role: 'user', content: 'Hi\n\nBe brief.' },
    ]);
  });

  it('stays in its place at OpenAI', () => {
    expect(encode('openai', 'chat.completions', { messages }).body.messages).toEqual(messages);
  });

  it('is text of the user for a Claude that has none there, behind results of tools', () => {
    const result = { type: 'tool_result', tool_use_id: 't1', content: 'x' };
    const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'run', input: {} }] };
    const asked = { messages: [call, { role: 'system', content: 'Be brief.' }, { role: 'user', content: [result] }] };
    const { body } = encode('anthropic', 'messages', asked, 'claude-sonnet-4-5');
    expect(body.messages).toEqual([call, { role: 'user', content: [result, { type: 'text', text: 'Be brief.' }] }]);
  });
});

it.each([
  ['mistral', 'mistral-large-latest'],
  ['nvidia_nim', 'mistralai/mistral-small-4-119b-2603'],
])('at %s something of the assistant stands between a result and the next message of the user', (name, model) => {
  const messages = [
    { role: 'tool', tool_call_id: 'abcdefghi', content: 'x' },
    { role: 'user', content: 'Stop' },
  ];
  const { body } = encode(name, 'chat.completions', { messages }, model);
  expect(body.messages.map(({ role }: Loose) => role)).toEqual(['tool', 'assistant', 'user']);
});

it('tells Perplexity, which has no tools, calls and results as text', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'run', arguments: '{"a":1}' } };
  const messages = [
    { role: 'user', content: 'Go' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: 'It is 7.' },
  ];
  const { body } = encode('perplexity', 'chat.completions', { messages });
  expect(body.messages.map(({ role }: Loose) => role)).toEqual(['user', 'assistant', 'user']);
  expect(JSON.stringify(body.messages)).toMatch(/run.*It is 7\./);
});

it.each(['openai', 'groq', 'hosted_vllm', 'xai', 'custom_openai'])('sends %s no empty list of tools', (name) => {
  const { body } = encode(name, 'chat.completions', { messages: [], tools: [], tool_choice: 'auto' });
  expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['tools']));
  expect(body.tool_choice).toBeUndefined();
});

it('shortens ids of calls for OpenAI, in the call and in its result', () => {
  const id = 'call_'.padEnd(64, 'x');
  const messages = [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: id, content: 'x' },
  ];
  const [called, answered] = encode('openai', 'chat.completions', { messages }).body.messages;
  expect(called.tool_calls[0].id.length).toBeLessThanOrEqual(40);
  expect(answered.tool_call_id).toBe(called.tool_calls[0].id);
});

describe('items of reasoning without their content, at OpenAI', () => {
  const made = { type: 'reasoning', id: 'rs_1_0', summary: [] };
  const stored = { type: 'reasoning', id: `rs_${'0a'.repeat(25)}`, summary: [] };

  it('are left out where another vendor or the gateway made them', () => {
    expect(encode('openai', 'responses', { input: [made, stored] }).body.input).toEqual([stored]);
  });

  it('are left out where nothing is stored', () => {
    expect(encode('openai', 'responses', { input: [made, stored], store: false }).body.input).toEqual([]);
  });
});

describe('embeddings', () => {
  const floats = [-0.5, 0.25, 1, 2];
  const text = Buffer.from(Float32Array.from(floats).buffer).toString('base64');
  const answer = (embedding: unknown) => ({ object: 'list', data: [{ object: 'embedding', index: 0, embedding }] });

  it.each([
    ['base64 from a server that answers with numbers', 'base64', floats, text],
    ['numbers from a server that answers with base64', 'float', text, floats],
  ])('are %s', (_title, encoding_format, sent, wanted) => {
    const codec = codecOf('lm_studio', 'embeddings');
    const request = { encoding_format };
    expect(codec.isAsAsked?.(answer(sent), request)).toBe(false);
    expect(codec.decode?.(answer(sent), target(), request)).toEqual(answer(wanted));
    expect(codec.isAsAsked?.(answer(wanted), request)).toBe(true);
  });
});

describe('chunks of a server with habits of its own', () => {
  it('have id and name of a call once', () => {
    const chunk = (given: string) => ({
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [
              { index: 0, id: 'call_1', type: 'function', function: { name: 'read_file', arguments: given } },
            ],
          },
        },
      ],
    });
    const calls = stream([chunk(''), chunk('{"p":'), chunk('"a"}')]).map(
      ({ choices }) => choices[0].delta.tool_calls[0],
    );
    expect(calls.map(({ id, function: { name } }) => [id, name])).toEqual([
      ['call_1', 'read_file'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(calls.map(({ function: { arguments: given } }) => given).join('')).toBe('{"p":"a"}');
  });

  it('have no finish reason where it is empty', () => {
    const chunk = (finish: string) => ({ choices: [{ index: 0, delta: { content: 'x' }, finish_reason: finish }] });
    expect(stream([chunk(''), chunk('stop')]).map(({ choices }) => choices[0].finish_reason)).toEqual([null, 'stop']);
  });

  function stream(chunks: readonly JsonObject[]): Loose[] {
    return readEvents(codecOf('nvidia_nim', 'chat.completions'), chunks).chunks;
  }
});

function codecOf(name: string, operation: 'chat.completions' | 'messages' | 'responses' | 'embeddings') {
  const codec = allProviders().find((provider) => provider.name === name)?.codecs[operation];
  if (codec === undefined) throw new Error(`${name} has no ${operation}`);
  return codec;
}

function encode(
  name: string,
  operation: 'chat.completions' | 'messages' | 'responses',
  request: JsonObject,
  model = 'm',
) {
  const asked = target({ model, dropUnsupported: true });
  const body: Loose = codecOf(name, operation).encode(request, asked);
  return { body, warnings: asked.warnings };
}
