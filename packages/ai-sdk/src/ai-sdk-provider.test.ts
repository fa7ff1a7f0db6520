import type { LanguageModelV2, LanguageModelV3, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import type { GatewayConfig } from '@portico/core';
import { convertArrayToReadableStream, MockEmbeddingModelV3, MockLanguageModelV3 } from 'ai/test';
import { describe, expect, it } from 'vitest';
import { HELLO, type Loose, startGateway as start } from '../test/start-gateway.js';
import { type AiSdkModels, aiSdkProvider } from './ai-sdk-provider.js';

const USAGE = {
  inputTokens: { total: 10, noCache: 6, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 7, text: 5, reasoning: 2 },
};
const STOP = { unified: 'stop', raw: 'end_turn' } as const;

function answering(content: Awaited<ReturnType<LanguageModelV3['doGenerate']>>['content'], more: object = {}) {
  return new MockLanguageModelV3({
    doGenerate: { content, finishReason: STOP, usage: USAGE, warnings: [], ...more },
  });
}

function streaming(parts: LanguageModelV3StreamPart[]) {
  return new MockLanguageModelV3({ doStream: { stream: convertArrayToReadableStream(parts) } });
}

const finish = { type: 'finish', finishReason: STOP, usage: USAGE } as const;

describe('a model of the AI SDK', () => {
  it('answers as any deployment does, and is in the ledger with what it used', async () => {
    const model = answering([{ type: 'text', text: 'Good day' }]);
    const { ask, records, gateway } = start({ languageModel: () => model });
    const answer = await ask({ max_tokens: 9, temperature: 0.5, stop: 'x', seed: 3 });
    expect(answer.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'Good day', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    expect(answer.usage).toEqual({
      prompt_tokens: 10,
      completion_tokens: 7,
      total_tokens: 17,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    });
    expect(model.doGenerateCalls[0]).toMatchObject({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      maxOutputTokens: 9,
      temperature: 0.5,
      stopSequences: ['x'],
      seed: 3,
    });
    await gateway.close();
    expect(records).toMatchObject([
      { usage: { inputTokens: 6, cacheReadTokens: 4, outputTokens: 5, reasoningTokens: 2, estimated: false } },
    ]);
  });

  it('is told the whole conversation: instructions, images, files, calls, their results, thoughts', async () => {
    const model = answering([{ type: 'text', text: 'ok' }]);
    const { ask } = start({ languageModel: () => model });
    await ask({
      messages: [
        { role: 'developer', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
            { type: 'image_url', image_url: { url: 'https://a.example/b.jpg' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
            { type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'sig' }],
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'find', arguments: '{"q":1}' } },
            {
              id: 'b',
              type: 'function',
              function: { name: 'find', arguments: '{"q"' },
              provider_specific_fields: { google: { thoughtSignature: 's' }, other: 'text' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'found' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'lost' }] },
      ],
      tools: [{ type: 'function', function: { name: 'find', parameters: { type: 'object' }, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'find' } },
      response_format: { type: 'json_schema', json_schema: { name: 'out', schema: { type: 'object' } } },
    });
    expect(model.doGenerateCalls[0]).toMatchObject({
      prompt: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'file', mediaType: 'image/png', data: 'aGk=' },
            { type: 'file', mediaType: 'image/*', data: new URL('https://a.example/b.jpg') },
            { type: 'file', mediaType: 'application/pdf', data: 'aGk=', filename: 'a.pdf' },
            { type: 'file', mediaType: 'audio/mpeg', data: 'aGk=' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm', providerOptions: { anthropic: { signature: 'sig' } } },
            { type: 'tool-call', toolCallId: 'a', toolName: 'find', input: { q: 1 } },
            {
              type: 'tool-call',
              toolCallId: 'b',
              toolName: 'find',
              input: '{"q"',
              providerOptions: { google: { thoughtSignature: 's' } },
            },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'a', toolName: 'find', output: { type: 'text', value: 'found' } },
            { type: 'tool-result', toolCallId: 'b', toolName: 'find', output: { type: 'text', value: 'lost' } },
          ],
        },
      ],
      tools: [{ type: 'function', name: 'find', inputSchema: { type: 'object' }, strict: true }],
      toolChoice: { type: 'tool', toolName: 'find' },
      responseFormat: { type: 'json', name: 'out', schema: { type: 'object' } },
    });
  });

  it('gives calls, thoughts with what must come back, images and sources; the vendor’s own calls stay its own', async () => {
    const { ask } = start({
      languageModel: () =>
        answering(
          [
            { type: 'reasoning', text: 'hm', providerMetadata: { openai: { itemId: 'rs_1' } } },
            { type: 'tool-call', toolCallId: 'a', toolName: 'find', input: '{"q":1}' },
            { type: 'tool-call', toolCallId: 'w', toolName: 'web', input: '{}', providerExecuted: true },
            { type: 'file', mediaType: 'image/png', data: new Uint8Array([104, 105]) },
            { type: 'source', sourceType: 'url', id: 's', url: 'https://a.example', title: 'A' },
          ],
          { finishReason: { unified: 'tool-calls', raw: undefined } },
        ),
    });
    const [{ message, finish_reason: why }] = (await ask()).choices;
    expect([why, message]).toEqual([
      'tool_calls',
      {
        role: 'assistant',
        content: null,
        refusal: null,
        reasoning_content: 'hm',
        provider_specific_fields: {
          reasoning_parts: [{ text: 'hm', providerMetadata: { openai: { itemId: 'rs_1' } } }],
        },
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'find', arguments: '{"q":1}' } }],
        images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }],
        annotations: [
          {
            type: 'url_citation',
            url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 0 },
          },
        ],
      },
    ]);
    const model = answering([{ type: 'text', text: 'ok' }]);
    await start({ languageModel: () => model }).ask({
      messages: [...HELLO, message, { role: 'tool', tool_call_id: 'a', content: '' }],
    });
    expect(model.doGenerateCalls[0]?.prompt[1]?.content[0]).toEqual({
      type: 'reasoning',
      text: 'hm',
      providerOptions: { openai: { itemId: 'rs_1' } },
    });
  });

  it('streams: text, thoughts with their signature, calls in pieces and whole, usage once at the end', async () => {
    const { stream } = start({
      languageModel: () =>
        streaming([
          { type: 'stream-start', warnings: [] },
          { type: 'response-metadata', id: 'resp_1', modelId: 'some-2' },
          { type: 'reasoning-start', id: '0' },
          { type: 'reasoning-delta', id: '0', delta: 'hm' },
          { type: 'reasoning-delta', id: '0', delta: '', providerMetadata: { anthropic: { signature: 'sig' } } },
          { type: 'reasoning-end', id: '0' },
          { type: 'text-start', id: '1' },
          { type: 'text-delta', id: '1', delta: 'Good ' },
          { type: 'text-delta', id: '1', delta: 'day' },
          { type: 'text-end', id: '1' },
          { type: 'tool-input-start', id: 'a', toolName: 'find' },
          { type: 'tool-input-delta', id: 'a', delta: '{"q"' },
          { type: 'tool-input-delta', id: 'a', delta: ':1}' },
          { type: 'tool-input-end', id: 'a' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'find', input: '{"q":1}' },
          { type: 'tool-call', toolCallId: 'b', toolName: 'find', input: '{}' },
          finish,
        ]),
    });
    const events = await stream({ stream_options: { include_usage: true } });
    const deltas = events.flatMap((event) => event.choices ?? []).map((choice) => choice.delta);
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe('hm');
    expect(deltas.map((delta) => delta.content ?? '').join('')).toBe('Good day');
    expect(deltas.flatMap((delta) => delta.thinking_blocks ?? [])).toEqual([
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
    ]);
    const calls = deltas.flatMap((delta) => delta.tool_calls ?? []);
    const argumentsOf = (index: number) =>
      calls
        .filter((call) => call.index === index)
        .map((call) => call.function?.arguments ?? '')
        .join('');
    expect([argumentsOf(0), argumentsOf(1)]).toEqual(['{"q":1}', '{}']);
    expect(
      events
        .flatMap((event) => event.choices ?? [])
        .map((choice) => choice.finish_reason)
        .filter(Boolean),
    ).toEqual(['tool_calls']);
    expect([events.at(-2).usage.total_tokens, events.at(-1), events[0].id]).toEqual([17, '[DONE]', 'resp_1']);
  });

  it('embeds, in as many calls as the model needs', async () => {
    const model = new MockEmbeddingModelV3({
      maxEmbeddingsPerCall: 2,
      doEmbed: async ({ values }) => ({
        embeddings: values.map((value) => [value.length, 0]),
        usage: { tokens: values.length },
        warnings: [],
      }),
    });
    const { post } = start({ embeddingModel: () => model });
    const plain: Loose = await (await post('/embeddings', { input: ['a', 'bb', 'ccc'] })).json();
    expect([plain.data.map((one: Loose) => one.embedding[0]), plain.usage.total_tokens]).toEqual([[1, 2, 3], 3]);
    expect(model.doEmbedCalls).toHaveLength(2);
    const coded: Loose = await (await post('/embeddings', { input: 'a', encoding_format: 'base64' })).json();
    expect(coded.data[0].embedding).toBe('AACAPwAAAAA=');
  });

  it('is asked for what it has: chat, embeddings or both', async () => {
    const { post } = start({ embeddingModel: () => new MockEmbeddingModelV3() });
    expect((await post('/chat/completions', {})).status).toBe(400);
    expect(Object.keys(aiSdkProvider({ name: 'x', languageModel: () => answering([]) }).codecs)).toEqual([
      'chat.completions',
    ]);
  });

  it('is told what the common settings have no word for: by default, and by the host', async () => {
    const said = async (provider: string, own?: AiSdkModels['providerOptions']) => {
      const answer = {
        content: [{ type: 'text' as const, text: 'ok' }],
        finishReason: STOP,
        usage: USAGE,
        warnings: [],
      };
      const model = new MockLanguageModelV3({ provider, doGenerate: answer });
      const { ask } = start({ languageModel: () => model, ...(own && { providerOptions: own }) });
      await ask({ reasoning_effort: 'low', parallel_tool_calls: false });
      return model.doGenerateCalls[0]?.providerOptions;
    };
    expect(await said('xai.chat')).toEqual({ xai: { reasoningEffort: 'low', parallelToolCalls: false } });
    expect(await said('anthropic.messages')).toEqual({
      anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 }, disableParallelToolUse: true },
    });
    expect(await said('google.generative-ai')).toEqual({
      google: { thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } },
    });
    expect(await said('xai.chat', () => ({ xai: { searchParameters: {} } }))).toEqual({
      xai: { searchParameters: {} },
    });
  });

  it('refuses what cannot be said to it by the field’s name, or drops it where that is allowed', async () => {
    const model = answering([{ type: 'text', text: 'ok' }]);
    const { ask, post } = start({ languageModel: () => model });
    expect((await ask({ n: 2 })).error).toMatchObject({ param: 'n', code: 'unsupported_parameter' });
    expect((await ask({ n: 1, logprobs: false })).choices).toHaveLength(1);
    expect((await post('/chat/completions', { model: 'loose', n: 2 })).status).toBe(200);
    expect((await ask({ messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] })).error.param).toBe(
      'messages[0].tool_call_id',
    );
  });

  it('says which fields have no word there, unless the host hears them itself', async () => {
    const languageModel = () => answering([{ type: 'text', text: 'ok' }]);
    const warnings = async (own: Partial<AiSdkModels>) => {
      const { post } = start({ languageModel, ...own }, { debugHeaders: true });
      return (await post('/chat/completions', { user: 'ada', venice_parameters: {} })).headers.get(
        'x-portico-warnings',
      );
    };
    expect(await warnings({})).toBe('"venice_parameters" was left out: the AI SDK does not support it.');
    expect(await warnings({ providerOptions: () => ({}) })).toBeNull();
  });

  it('shows what it left out, whole and streamed', async () => {
    const warnings = [{ type: 'unsupported' as const, feature: 'seed' }];
    const model = new MockLanguageModelV3({
      doGenerate: { content: [{ type: 'text', text: 'ok' }], finishReason: STOP, usage: USAGE, warnings },
      doStream: {
        stream: convertArrayToReadableStream<LanguageModelV3StreamPart>([
          { type: 'stream-start', warnings },
          { type: 'text-delta', id: '0', delta: 'ok' },
          finish,
        ]),
      },
    });
    const { post } = start({ languageModel: () => model }, { debugHeaders: true });
    for (const stream of [false, true]) {
      const response = await post('/chat/completions', { stream });
      const text = await response.text();
      expect(text).not.toContain('ai-sdk-warning');
      expect(response.headers.get('x-portico-warnings')).toBe('"seed" is not supported.');
    }
  });

  it('may be of the version before: its counts and its ends are read as well', async () => {
    const older = {
      specificationVersion: 'v2',
      provider: 'acme.chat',
      modelId: 'some',
      supportedUrls: {},
      doGenerate: async () => ({
        content: [{ type: 'text', text: 'ok' }],
        finishReason: 'length',
        usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5, reasoningTokens: 1 },
        warnings: [],
      }),
      doStream: () => Promise.reject(new Error('not asked')),
    } satisfies LanguageModelV2;
    const { choices, usage } = await start({ languageModel: () => older }).ask();
    expect([choices[0].finish_reason, usage]).toEqual([
      'length',
      {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    ]);
  });

  it('is asked by clients of the other wires too', async () => {
    const { post } = start({ languageModel: () => answering([{ type: 'text', text: 'Good day' }]) });
    const response: Loose = await (await post('/responses', { input: 'Hello', messages: undefined })).json();
    expect(response.output[0].content[0].text).toBe('Good day');
    const message: Loose = await (await post('/messages', { max_tokens: 9 })).json();
    expect(message.content).toEqual([{ type: 'text', text: 'Good day' }]);
  });

  it('is called inside the host’s interceptors', async () => {
    const seen: string[] = [];
    const interceptors: GatewayConfig['interceptors'] = [
      (next) => (request) => {
        seen.push(request.origin + request.path);
        return next({ ...request, headers: { ...request.headers, traceparent: '00-1' } });
      },
    ];
    const model = answering([{ type: 'text', text: 'ok' }]);
    await start({ languageModel: () => model }, { interceptors }).ask();
    expect(seen).toEqual(['ai-sdk://in-process/chat.completions']);
    expect(model.doGenerateCalls[0]?.headers).toEqual({ traceparent: '00-1' });
  });

  it('is the host’s to make: what would be for another to know is refused at boot', () => {
    const languageModel = () => answering([]);
    const withDetails = (details: object) => () =>
      start({ languageModel }, { models: { chat: { deployments: [{ model: 'sdk/some', ...details }] } } });
    expect(withDetails({ apiKey: 'k' })).toThrow('sdk accepts no base URL and no key');
    expect(withDetails({ options: { region: 'x' } })).toThrow('sdk has no option "region"');
  });
});
