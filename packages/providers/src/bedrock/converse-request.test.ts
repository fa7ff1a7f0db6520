import type { JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { bedrock } from './index.js';

const codec = bedrock.codecs['chat.completions'] as Codec;
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const CLAUDE_4_6 = 'global.anthropic.claude-sonnet-4-6';
const NOVA = 'amazon.nova-pro-v1:0';
const NOVA_2 = 'us.amazon.nova-2-lite-v1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-2402-v1:0';
const QWEN = 'qwen.qwen3-32b-v1:0';
const GPT_OSS = 'openai.gpt-oss-120b-1:0';
const HELLO = { role: 'user', content: 'Hello' };
const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const WEATHER = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const CALLED = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } }],
};
const ANSWERED = { role: 'tool', tool_call_id: 'call_1', content: 'Sunny.' };

describe('a chat told in Converse', () => {
  it('has its bounds and its sampling in one place, and no model in the body', () => {
    const request = { messages: [HELLO], model: 'x', stream: true, temperature: 0.5, stop: 'END', max_tokens: 9 };
    expect(encoded(request, NOVA)).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      inferenceConfig: { maxTokens: 9, temperature: 0.5, stopSequences: ['END'] },
    });
  });

  it('bounds Claude, as a budget counts on it, and leaves others to their own bound', () => {
    expect(encoded({ messages: [HELLO] }, CLAUDE).inferenceConfig).toEqual({ maxTokens: 64_000 });
    expect(codec.defaultMaxOutputTokens?.(CLAUDE)).toBe(64_000);
    expect(encoded({ messages: [HELLO] }, NOVA).inferenceConfig).toBeUndefined();
    expect(codec.defaultMaxOutputTokens?.(NOVA)).toBeUndefined();
  });

  it('has its system prompt apart, with marks for the cache behind what they stand at', () => {
    const marked = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const request = {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be kind.', ...marked }] },
        { role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] },
      ],
      tools: [{ ...WEATHER, cache_control: { type: 'ephemeral' } }],
    };
    const mark = { cachePoint: { type: 'default' } };
    expect(encoded(request, CLAUDE)).toMatchObject({
      system: [{ text: 'Be kind.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [{ role: 'user', content: [{ text: 'Hello' }, mark] }],
      toolConfig: { tools: [{ toolSpec: { name: 'weather' } }, mark] },
    });
    expect(JSON.stringify(encoded(request, LLAMA))).not.toContain('cachePoint');
  });

  it('hands on what is Bedrock’s own', () => {
    const own = {
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' },
      performanceConfig: { latency: 'optimized' },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
      promptVariables: { a: { text: 'b' } },
    };
    const guarded = { role: 'user', content: [{ type: 'guarded_text', text: 'Check me.' }] };
    expect(encoded({ messages: [guarded], ...own }, NOVA)).toEqual({
      ...own,
      messages: [{ role: 'user', content: [{ guardContent: { text: { text: 'Check me.' } } }] }],
    });
  });

  it('names tiers and notes as Bedrock does', () => {
    const request = {
      messages: [HELLO],
      service_tier: 'flex',
      user: 'u-1',
      metadata: { trace: 'abc', bad: 'a|b', deep: {} },
    };
    expect(encoded(request, NOVA)).toMatchObject({
      serviceTier: { type: 'flex' },
      requestMetadata: { user_id: 'u-1', trace: 'abc' },
    });
    expect(encoded({ messages: [HELLO], service_tier: 'auto' }, NOVA).serviceTier).toBeUndefined();
  });

  it('passes further fields to the model, which win', () => {
    const request = { messages: [HELLO], top_k: 5, additionalModelRequestFields: { top_k: 7, x: 1 } };
    expect(encoded(request, CLAUDE).additionalModelRequestFields).toEqual({ top_k: 7, x: 1 });
    expect(encoded({ messages: [HELLO], top_k: 5 }, NOVA).additionalModelRequestFields).toEqual({
      inferenceConfig: { topK: 5 },
    });
    expect(() => encoded({ messages: [HELLO], top_k: 5 }, LLAMA)).toThrow('"top_k"');
    expect(() => encoded({ messages: [HELLO], logit_bias: { 1: 2 } }, NOVA)).toThrow('"logit_bias"');
  });

  it('warns of what it leaves out', () => {
    const to = target({ model: NOVA });
    codec.encode({ messages: [HELLO], seed: 1, service_tier: 'scale', cache_control: {}, speed: 'fast' }, to);
    expect(to.warnings.join('\n')).toMatch(/"service_tier"[\s\S]*"cache_control"[\s\S]*"seed"[\s\S]*"speed"/);
  });
});

describe('thinking told in Converse', () => {
  it.each([
    [CLAUDE, { thinking: { type: 'enabled', budget_tokens: 4096 } }],
    [CLAUDE_4_6, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
    [NOVA_2, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }],
    [GPT_OSS, { reasoning_effort: 'high' }],
    [QWEN, { reasoning_config: 'high' }],
  ])('is asked of %s by its own field', (model, fields) => {
    expect(encoded({ messages: [HELLO], reasoning_effort: 'high' }, model).additionalModelRequestFields).toEqual(
      fields,
    );
  });

  it('is refused for models that cannot be told, unless they shall not think', () => {
    expect(() => encoded({ messages: [HELLO], reasoning_effort: 'low' }, LLAMA)).toThrow('"reasoning_effort"');
    expect(
      encoded({ messages: [HELLO], reasoning_effort: 'none' }, LLAMA).additionalModelRequestFields,
    ).toBeUndefined();
    expect(encoded({ messages: [HELLO], thinking: { type: 'disabled' } }, NOVA_2).additionalModelRequestFields).toEqual(
      {
        reasoningConfig: { type: 'disabled' },
      },
    );
    expect(() => encoded({ messages: [HELLO], reasoning_effort: 'lots' }, QWEN)).toThrow('must be none');
  });

  it('goes back to Claude with its signature, byte for byte, and to nobody else (R-XL-1)', () => {
    const message = {
      role: 'assistant',
      content: 'Hi.',
      thinking_blocks: [
        { type: 'thinking', thinking: '', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'EtkECkgIBxABGAIq' },
      ],
    };
    const request = { messages: [HELLO, message, HELLO] };
    expect(encoded(request, CLAUDE).messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: '', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: btoa('EtkECkgIBxABGAIq') } },
      { text: 'Hi.' },
    ]);
    expect(encoded(request, GPT_OSS).messages[1].content).toEqual([{ text: 'Hi.' }]);
  });
});

describe('files told in Converse', () => {
  it('are images, documents, video and sound, in their bytes or in S3', () => {
    const content = [
      { type: 'text', text: 'See:' },
      { type: 'image_url', image_url: { url: PNG } },
      { type: 'file', file: { filename: 'Q3 (final)/report_v2.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
      { type: 'file', file: { filename: 'table.xlsx', file_data: 'UEsD' } },
      { type: 'file', file: { filename: 'notes.md', file_data: 'data:text/markdown,%23%20Hi' } },
      { type: 'video_url', video_url: { url: 's3://bucket/clip.webm' } },
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
    ];
    expect(encoded({ messages: [{ role: 'user', content }] }, NOVA).messages[0].content).toEqual([
      { text: 'See:' },
      { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
      { document: { format: 'pdf', name: 'Q3 (final) report v2', source: { bytes: 'JVBE' } } },
      { document: { format: 'xlsx', name: 'table', source: { bytes: 'UEsD' } } },
      { document: { format: 'md', name: 'notes', source: { bytes: btoa('# Hi') } } },
      { video: { format: 'webm', source: { s3Location: { uri: 's3://bucket/clip.webm' } } } },
      { audio: { format: 'mp3', source: { bytes: 'SUQz' } } },
    ]);
  });

  it('are documents with names that differ, and words beside them', () => {
    const file = { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE' } };
    const messages = [{ role: 'user', content: [file, file] }];
    expect(encoded({ messages }, CLAUDE).messages[0].content).toEqual([
      { document: { format: 'pdf', name: 'document', source: { bytes: 'JVBE' } } },
      { document: { format: 'pdf', name: 'document 2', source: { bytes: 'JVBE' } } },
      { text: '.' },
    ]);
  });

  it("may be blocks of Anthropic's wire", () => {
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'AAAA' } },
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'Hi' },
        title: 'a.txt',
        citations: { enabled: true },
      },
      { type: 'text', text: 'x' },
    ];
    expect(encoded({ messages: [{ role: 'user', content }] }, CLAUDE).messages[0].content).toEqual([
      { image: { format: 'webp', source: { bytes: 'AAAA' } } },
      { document: { format: 'txt', name: 'a', source: { bytes: btoa('Hi') }, citations: { enabled: true } } },
      { text: 'x' },
    ]);
  });

  it.each([
    [
      'an address on the web',
      { type: 'image_url', image_url: { url: 'https://a.example/x.png' } },
      'does not fetch other URLs',
    ],
    [
      'a type that it cannot read',
      { type: 'file', file: { file_data: 'data:application/zip;base64,AA==' } },
      'has a type that Bedrock does not accept',
    ],
    [
      'a block at an address',
      { type: 'image', source: { type: 'url', url: 'https://a.example' } },
      'must be sent as bytes',
    ],
    ['a block of a tool of others', { type: 'search_result', source: 'x' }, 'does not support'],
  ])('are refused as %s', (_what, part, message) => {
    expect(() => encoded({ messages: [{ role: 'user', content: [part] }] }, CLAUDE)).toThrow(message);
  });
});

describe('tools told in Converse', () => {
  it('have a description only if it says something, and a choice', () => {
    const bare = { type: 'function', function: { name: 'bare', description: ' ' } };
    const request = { messages: [HELLO], tools: [WEATHER, bare], tool_choice: 'required' };
    expect(encoded(request, CLAUDE).toolConfig).toEqual({
      tools: [
        {
          toolSpec: {
            name: 'weather',
            description: 'Tells the weather.',
            inputSchema: { json: WEATHER.function.parameters },
          },
        },
        { toolSpec: { name: 'bare', inputSchema: { json: { type: 'object', properties: {} } } } },
      ],
      toolChoice: { any: {} },
    });
    const named = { ...request, tool_choice: { type: 'function', function: { name: 'bare' } } };
    expect(encoded(named, NOVA).toolConfig.toolChoice).toEqual({ tool: { name: 'bare' } });
  });

  it('are offered alone where a model cannot be made to call', () => {
    const to = target({ model: LLAMA });
    const request = { messages: [HELLO], tools: [WEATHER], tool_choice: 'required' };
    expect(codec.encode(request, to).toolConfig).not.toHaveProperty('toolChoice');
    expect(to.warnings.join()).toContain('cannot be forced to call');
  });

  it('may be called one at a time, or not at all, by Claude', () => {
    const serial = { messages: [HELLO], tools: [WEATHER], parallel_tool_calls: false };
    expect(encoded(serial, CLAUDE)).toMatchObject({
      additionalModelRequestFields: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    });
    const none = { messages: [HELLO], tools: [WEATHER], tool_choice: 'none' };
    expect(encoded(none, CLAUDE).additionalModelRequestFields).toEqual({ tool_choice: { type: 'none' } });
    const to = target({ model: NOVA });
    codec.encode(none, to);
    codec.encode(serial, to);
    expect(to.warnings).toEqual([
      '"tool_choice" was left out: the model cannot be prevented from calling tools.',
      '"parallel_tool_calls" was left out: the model chooses itself how many tools it calls at once.',
    ]);
  });

  it('may be the vendor’s own, or Claude’s', () => {
    const tools = [{ systemTool: { name: 'nova_code_interpreter' } }];
    expect(encoded({ messages: [HELLO], tools }, NOVA_2).toolConfig).toEqual({ tools });
    expect(encoded({ messages: [HELLO], web_search_options: {} }, NOVA_2).toolConfig).toEqual({
      tools: [{ systemTool: { name: 'nova_grounding' } }],
    });
    expect(() => encoded({ messages: [HELLO], web_search_options: {} }, CLAUDE)).toThrow('"web_search_options"');
    const computer = { type: 'computer_20250124', name: 'computer', display_width_px: 1, display_height_px: 1 };
    const request = { messages: [HELLO], tools: [computer], anthropic_beta: ['computer-use-2025-01-24'] };
    expect(encoded(request, CLAUDE).additionalModelRequestFields).toEqual({
      tools: [computer],
      anthropic_beta: ['computer-use-2025-01-24'],
    });
  });

  it('are named again where the conversation has calls and the request has no tools', () => {
    expect(encoded({ messages: [HELLO, CALLED, ANSWERED] }, CLAUDE)).toMatchObject({
      toolConfig: { tools: [{ toolSpec: { name: 'weather' } }] },
    });
  });

  it('give their results first, and what does not go beside them a turn later', () => {
    const document = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } };
    const more = { role: 'user', content: [{ type: 'text', text: 'And?' }] };
    const result = { toolResult: { toolUseId: 'call_1', content: [{ text: 'Sunny.' }] } };
    const turns = (model: string, last: JsonObject = more) =>
      encoded({ messages: [HELLO, CALLED, ANSWERED, last], tools: [WEATHER] }, model).messages.slice(2);
    expect(turns(CLAUDE)).toEqual([{ role: 'user', content: [result, { text: 'And?' }] }]);
    expect(turns(LLAMA)).toEqual([
      { role: 'user', content: [result] },
      { role: 'assistant', content: [{ text: '.' }] },
      { role: 'user', content: [{ text: 'And?' }] },
    ]);
    expect(turns(CLAUDE, { role: 'user', content: [document] })).toMatchObject([
      { role: 'user', content: [result] },
      { role: 'assistant' },
      { role: 'user', content: [{ document: {} }, { text: '.' }] },
    ]);
    expect(turns(NOVA, { role: 'user', content: [document] })).toHaveLength(1);
  });

  it('give results in the form that a model takes', () => {
    const result = (answer: JsonObject, model: string) =>
      encoded({ messages: [HELLO, CALLED, { ...ANSWERED, ...answer }], tools: [WEATHER] }, model).messages[2].content;
    expect(result({ content: '' }, CLAUDE)[0].toolResult.content).toEqual([{ text: '.' }]);
    expect(result({ is_error: true }, CLAUDE)[0].toolResult.status).toBe('error');
    expect(result({ is_error: true }, 'us.writer.palmyra-x4-v1:0')[0].toolResult).not.toHaveProperty('status');
    expect(result({}, MISTRAL)[0].toolResult).toEqual({
      toolUseId: expect.stringMatching(/^[a-z\d]{9}$/),
      content: [{ json: { result: 'Sunny.' } }],
    });
    expect(result({ content: '{"sky":"blue"}' }, MISTRAL)[0].toolResult.content).toEqual([{ json: { sky: 'blue' } }]);
    const picture = {
      content: [
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: PNG } },
      ],
    };
    expect(result(picture, CLAUDE)).toMatchObject([{ toolResult: { content: [{ text: 'See' }, { image: {} }] } }]);
    expect(result(picture, QWEN)).toMatchObject([{ toolResult: { content: [{ text: 'See' }] } }, { image: {} }]);
  });
});

describe('a structured answer in Converse', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const request = {
    messages: [HELLO],
    response_format: { type: 'json_schema', json_schema: { name: 'place', description: 'Where.', schema } },
  };

  it.each([CLAUDE, QWEN, 'minimax.minimax-m2'])('is enforced by the vendor for %s', (model) => {
    expect(encoded(request, model).outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'place', description: 'Where.' } },
      },
    });
  });

  it('comes by a tool from models without that, and reads as text', () => {
    const { toolConfig } = encoded(request, NOVA);
    const { name } = toolConfig.tools[0].toolSpec;
    expect(toolConfig.toolChoice).toEqual({ tool: { name } });
    const content = [{ toolUse: { toolUseId: 't', name, input: { city: 'Bonn' } } }];
    const answer = { output: { message: { role: 'assistant', content } }, stopReason: 'tool_use' };
    expect(codec.decode?.(answer, target())).toMatchObject({
      choices: [{ message: { content: '{"city":"Bonn"}' }, finish_reason: 'stop' }],
    });
  });
});

function encoded(request: JsonObject, model: string): Loose {
  return codec.encode(request, target({ model }));
}
