import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import {
  APICallError,
  type LanguageModelV3StreamPart,
  LoadAPIKeyError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { expectNoOpenRequests, startFakeProvider } from '@portico/testing';
import { convertArrayToReadableStream, MockLanguageModelV3 } from 'ai/test';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../test/start-gateway.js';

const PRICE = { input: 1, output: 2 };
const COUNTS = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0, text: 1, reasoning: 0 };
const finish = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: undefined },
  usage: { inputTokens: COUNTS, outputTokens: COUNTS },
} as const;

function failing(error: unknown) {
  return new MockLanguageModelV3({
    doGenerate: () => Promise.reject(error),
    doStream: () => Promise.reject(error),
  });
}

function answered(statusCode: number | undefined, body: object = {}, responseHeaders: Record<string, string> = {}) {
  return new APICallError({
    message: 'failed',
    url: 'https://a.example',
    requestBodyValues: {},
    responseBody: JSON.stringify(body),
    responseHeaders,
    ...(statusCode !== undefined && { statusCode }),
  });
}

describe('a model of the AI SDK that fails', () => {
  it.each([
    [
      'a rate limit',
      answered(429, { error: { message: 'slow down' } }, { 'Retry-After': '3' }),
      429,
      'rate_limit_exceeded',
    ],
    [
      'a context that is too long',
      answered(400, { error: { code: 'context_length_exceeded', message: 'x' } }),
      400,
      'context_length_exceeded',
    ],
    ['a key that is wrong', answered(401), 502, 'upstream_unauthorized'],
    ['a server that is down', answered(500), 502, 'upstream_error'],
    ['nobody there', answered(undefined), 502, 'upstream_unreachable'],
    ['an answer that nobody can read', answered(200), 502, 'upstream_error'],
    ['no key', new LoadAPIKeyError({ message: 'OPENAI_API_KEY is missing' }), 502, 'upstream_unauthorized'],
    ['no such model', new NoSuchModelError({ modelId: 'm', modelType: 'languageModel' }), 404, 'model_not_found'],
    [
      'something it cannot do',
      new UnsupportedFunctionalityError({ functionality: 'images' }),
      400,
      'unsupported_parameter',
    ],
    ['anything else', new Error('secret prompt'), 502, 'upstream_error'],
  ])('%s', async (_what, error, status, code) => {
    for (const stream of [false, true]) {
      const { post } = startGateway({ languageModel: () => failing(error) });
      const response = await post('/chat/completions', { stream });
      const told = (await response.json()) as { error: { code: string } };
      expect([response.status, told.error.code]).toEqual([status, code]);
      expect(JSON.stringify(told)).not.toMatch(/secret|OPENAI_API_KEY/);
    }
  });

  it('is no such model where the host makes none of that name', async () => {
    const error = new NoSuchModelError({ modelId: 'm', modelType: 'languageModel' });
    const { post } = startGateway({
      languageModel: () => {
        throw error;
      },
    });
    expect((await post('/chat/completions', {})).status).toBe(404);
  });

  it('hands over to the next deployment before the first content, and breaks off loudly after it', async () => {
    const parts = (...list: LanguageModelV3StreamPart[]) =>
      new MockLanguageModelV3({ doStream: { stream: convertArrayToReadableStream(list) } });
    const broken = { type: 'error', error: answered(529) } as const;
    const well = parts({ type: 'text-delta', id: '0', delta: 'Hi' }, finish);
    const spared = startGateway(
      { languageModel: (id) => (id === 'ill' ? parts({ type: 'stream-start', warnings: [] }, broken) : well) },
      {
        models: {
          chat: {
            deployments: [
              { model: 'sdk/ill', price: PRICE, order: 0 },
              { model: 'sdk/well', price: PRICE, order: 1 },
            ],
          },
        },
      },
    );
    expect((await spared.stream()).map((event) => event.choices?.[0]?.delta.content).join('')).toContain('Hi');
    const late = startGateway({ languageModel: () => parts({ type: 'text-delta', id: '0', delta: 'Go' }, broken) });
    const events = await late.stream();
    expect(events[0].choices[0].delta.content).toBe('Go');
    expect([events.at(-1).error?.code, events.includes('[DONE]')]).toEqual(['overloaded', false]);
  });

  it('is not complete where its stream ends without saying why', async () => {
    const stream = convertArrayToReadableStream<LanguageModelV3StreamPart>([
      { type: 'text-delta', id: '0', delta: 'Go' },
    ]);
    const { stream: ask } = startGateway({ languageModel: () => new MockLanguageModelV3({ doStream: { stream } }) });
    const events = await ask();
    expect([events.at(-1).error !== undefined, events.includes('[DONE]')]).toEqual([true, false]);
  });

  it('is told to stop when the client leaves, and holds nothing up where it does not listen', async () => {
    const signals: AbortSignal[] = [];
    let tellAsked = () => {};
    const asked = new Promise<void>((resolve) => (tellAsked = resolve));
    const deaf = new MockLanguageModelV3({
      doGenerate: ({ abortSignal }) => {
        signals.push(abortSignal as AbortSignal);
        tellAsked();
        return new Promise(() => {});
      },
    });
    const { post, records, gateway } = startGateway({ languageModel: () => deaf });
    const leaving = new AbortController();
    const answer = post('/chat/completions', {}, { signal: leaving.signal }).catch((error: unknown) => error);
    await asked;
    leaving.abort();
    expect(await answer).toBeInstanceOf(Error);
    await gateway.close();
    expect([signals[0]?.aborted, records.length]).toEqual([true, 1]);
  });

  it('writes no faster than its reader reads, and is cancelled when the reader leaves', async () => {
    let made = 0;
    let tellCancelled = () => {};
    const cancelled = new Promise<void>((resolve) => (tellCancelled = resolve));
    const stream = new ReadableStream<LanguageModelV3StreamPart>(
      {
        pull(controller) {
          made += 1;
          controller.enqueue({ type: 'text-delta', id: '0', delta: 'word '.repeat(1_000) });
        },
        cancel: () => tellCancelled(),
      },
      { highWaterMark: 0 },
    );
    const { post } = startGateway({ languageModel: () => new MockLanguageModelV3({ doStream: { stream } }) });
    const response = await post('/chat/completions', { stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(1_000);
    await reader.cancel();
    await cancelled;
  });
});

describe('real models of the AI SDK', () => {
  async function startReal(model: 'openai' | 'anthropic') {
    const provider = await startFakeProvider({ retryAfterSeconds: 1 });
    onTestFinished(() => provider.close());
    const openai = createOpenAI({ baseURL: provider.url, apiKey: 'k' });
    const anthropic = createAnthropic({ baseURL: provider.url, apiKey: 'k' });
    const languageModel = (id: string) => (model === 'openai' ? openai.chat(id) : anthropic(id));
    const models = ['well', 'fault-f19'].map((name) => [
      name,
      { deployments: [{ model: `sdk/${name}`, price: PRICE }] },
    ]);
    return { provider, ...startGateway({ languageModel }, { models: Object.fromEntries(models) }) };
  }

  it.each(['openai', 'anthropic'] as const)('%s: whole, streamed, with tools, counted, and failing', async (name) => {
    const { ask, stream, post, provider } = await startReal(name);
    const whole = await ask({ model: 'well' });
    expect(whole.choices[0].message.content).toContain('Hello');
    expect(whole.usage.total_tokens).toBeGreaterThan(0);

    const events = await stream({ model: 'well', stream_options: { include_usage: true } });
    const text = events.map((event) => event.choices?.[0]?.delta?.content ?? '').join('');
    expect([text, events.at(-1)]).toEqual([whole.choices[0].message.content, '[DONE]']);
    expect(events.at(-2).usage.total_tokens).toBeGreaterThan(0);

    const tool = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
    const called = await ask({ model: 'well', tools: [tool], tool_choice: 'required' });
    expect([called.choices[0].finish_reason, called.choices[0].message.tool_calls[0].function.name]).toEqual([
      'tool_calls',
      'weather',
    ]);

    expect((await post('/chat/completions', { model: 'fault-f19' })).status).toBe(502);
    await expectNoOpenRequests(provider);
  });

  it('is aborted at the vendor when the client leaves in the middle of a stream (R-STR-7)', async () => {
    const provider = await startFakeProvider({ tokenDelayMs: 20, reply: () => 'word '.repeat(500) });
    onTestFinished(() => provider.close());
    const openai = createOpenAI({ baseURL: provider.url, apiKey: 'k' });
    const { post } = startGateway({ languageModel: (id) => openai.chat(id) });
    const leaving = new AbortController();
    const response = await post('/chat/completions', { stream: true }, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await expectNoOpenRequests(provider);
  });
});
