import { type JsonObject, secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { target } from '../test/read-stream.js';
import { openAiCompatible } from './openai-compatible.js';
import { codecsOfOtherApis, openAiCompatibleVendors } from './openai-compatible-vendors.js';

const rows = [...openAiCompatibleVendors, ...Object.values(codecsOfOtherApis)];

function providerOf(name: string) {
  const vendor = rows.find((one) => one.name === name);
  if (vendor === undefined) throw new Error(`${name} is not in the table`);
  return openAiCompatible(vendor);
}

function connect(name: string, settings: Partial<ConnectionSettings> = {}) {
  const usual = {
    model: 'm',
    baseUrl: undefined,
    apiKey: secret('key-1'),
    apiVersion: undefined,
    headers: {},
    options: {},
  };
  return providerOf(name).connect({ ...usual, ...settings });
}

describe('the table of vendors', () => {
  it('has each name once, and every row can be connected to once its address is known', () => {
    const names = rows.map((vendor) => vendor.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(100);
    for (const vendor of rows) {
      const connection = connect(vendor.name, {
        baseUrl: vendor.baseUrl === undefined ? 'https://here.example/v1' : undefined,
        options: optionsFor(vendor.baseUrl),
      });
      expect(connection.origin).toMatch(/^https?:\/\/[\w.:-]+$/);
      expect(Object.keys(connection.paths).sort()).toEqual([...vendor.operations].sort());
      expect(Object.values(connection.paths).join()).not.toMatch(/\/\/|[{}]/);
      expect(JSON.stringify(connection.headers)).toContain('key-1');
    }
  });

  it('says for every vendor that needs a key where it usually is', () => {
    const silent = rows.filter((vendor) => vendor.needsKey !== false && vendor.keyVariables.length === 0);
    expect(silent.map((vendor) => vendor.name)).toEqual([]);
  });

  it('sends a key over plain http to this machine alone', () => {
    const plain = rows.filter((vendor) => vendor.baseUrl?.startsWith('http:'));
    expect(plain.every((vendor) => /^http:\/\/(?:localhost|127\.0\.0\.1):/.test(vendor.baseUrl ?? ''))).toBe(true);
  });

  it.each([
    ['groq', '/openai/v1/chat/completions'],
    ['deepseek', '/chat/completions'],
    ['fireworks_ai', '/inference/v1/chat/completions'],
    ['openrouter', '/api/v1/chat/completions'],
  ])('%s is asked at %s', (name, path) => {
    expect(connect(name).paths['chat.completions']).toBe(path);
  });
});

describe('a vendor of the table', () => {
  it('takes its key the way it wants it', () => {
    expect(connect('groq').headers).toEqual({ authorization: 'Bearer key-1' });
    expect(connect('sarvam').headers).toEqual({ 'api-subscription-key': 'key-1' });
    expect(connect('assemblyai').headers).toEqual({ authorization: 'key-1' });
    expect(connect('llamacpp', { apiKey: undefined }).headers).toEqual({});
  });

  it('is asked elsewhere where the configuration says so', () => {
    const { origin, paths } = connect('groq', { baseUrl: 'https://proxy.example/groq/v1/', apiVersion: '2' });
    expect([origin, paths['chat.completions']]).toEqual([
      'https://proxy.example',
      '/groq/v1/chat/completions?api-version=2',
    ]);
  });

  it('says what is missing from its address', () => {
    expect(() => connect('cloudflare')).toThrow('cloudflare needs the option "accountId" for its base URL');
    expect(() => connect('custom_openai')).toThrow('custom_openai has no base URL of its own. Set "baseUrl".');
    expect(connect('cloudflare', { options: { accountId: 'a/b' } }).paths.embeddings).toBe(
      '/client/v4/accounts/a%2Fb/ai/v1/embeddings',
    );
    expect(connect('cloudflare', { baseUrl: 'https://here.example/v1' }).origin).toBe('https://here.example');
  });

  it('says which options it knows', () => {
    expect(() => connect('groq', { options: { organisation: 'x' } })).toThrow(
      'groq has no option "organisation". It has none.',
    );
  });

  it('is asked in its own dialect: Mistral', () => {
    const request = {
      messages: [{ role: 'developer', name: 'a', content: 'x' }],
      max_completion_tokens: 9,
      seed: 1,
      tool_choice: 'required',
      stream: true,
      stream_options: { include_usage: true },
    };
    expect(providerOf('mistral').codecs['chat.completions']?.encode(request, target({ stream: true }))).toEqual({
      model: 'some-model',
      messages: [{ role: 'system', content: 'x' }],
      max_tokens: 9,
      random_seed: 1,
      tool_choice: 'any',
      stream: true,
    });
  });

  it('is asked in its own dialect: DeepSeek, whose newer models cannot be made to call a tool', () => {
    const encode = (model: string) =>
      providerOf('deepseek').codecs['chat.completions']?.encode({ tool_choice: 'required' }, target({ model }));
    expect(encode('deepseek-chat')?.tool_choice).toBe('required');
    expect(() => encode('deepseek-v4-flash')).toThrow('is not supported by deepseek');
  });

  it('is asked for a model by its whole name, whatever it is asked: Fireworks', () => {
    for (const codec of Object.values(providerOf('fireworks_ai').codecs)) {
      const named = (model: string) => codec.encode({ input: 'x', messages: [] }, target({ model })).model;
      expect(named('llama')).toBe('accounts/fireworks/models/llama');
      expect(named('accounts/me/models/llama')).toBe('accounts/me/models/llama');
    }
  });

  it('is asked in another wire of its own where that is, unless it is reached by another way: Moonshot', () => {
    expect(connect('moonshot').paths.messages).toBe('/anthropic/v1/messages');
    expect(connect('moonshot', { baseUrl: 'https://api.moonshot.cn/v1' }).paths.messages).toBe(
      '/anthropic/v1/messages',
    );
    expect(connect('moonshot', { baseUrl: 'https://proxy.example/kimi/v1' }).paths).toEqual({
      'chat.completions': '/kimi/v1/chat/completions',
    });
    const { messages } = providerOf('moonshot').codecs;
    expect(messages?.headers?.({ authorization: 'Bearer k' }, { get: () => undefined })).toEqual({
      authorization: 'Bearer k',
      'anthropic-version': '2023-06-01',
    });
  });

  it('is asked in its own dialect: Kimi, whose temperature is 1 while it thinks and never higher', () => {
    const ask = (model: string, request: JsonObject, dropUnsupported = false) => {
      const to = target({ model, dropUnsupported });
      return { body: providerOf('moonshot').codecs['chat.completions']?.encode(request, to), warnings: to.warnings };
    };
    expect(ask('kimi-k2-0905-preview', { temperature: 1.5 })).toMatchObject({
      body: { temperature: 1 },
      warnings: [expect.stringContaining('"temperature" became 1')],
    });
    expect(() => ask('kimi-k2.5', { temperature: 0.2 })).toThrow('is always 1 for models of moonshot that think');
    expect(ask('kimi-k2.5', { temperature: 0.2 }, true).body).not.toHaveProperty('temperature');
    expect(ask('kimi-k2.5', { temperature: 0.2, thinking: { type: 'disabled' } }).body?.temperature).toBe(0.2);
    const called = { role: 'assistant', tool_calls: [{ id: 'a' }] };
    const thought = { ...called, reasoning_content: 'so' };
    expect(ask('kimi-k2.5', { messages: [called, thought] }).body?.messages).toEqual([
      { ...called, reasoning_content: ' ' },
      thought,
    ]);
  });

  it('is asked in its own dialect: Perplexity, where the roles take turns', () => {
    const user = (content: unknown) => ({ role: 'user', content });
    const messages = [
      { role: 'system', content: 's' },
      { role: 'system', content: 't' },
      user('a'),
      user('b'),
      user([]),
    ];
    const asked = providerOf('perplexity').codecs['chat.completions']?.encode({ messages }, target());
    expect(asked?.messages).toEqual([{ role: 'system', content: 's\n\nt' }, user([{ type: 'text', text: 'a\n\nb' }])]);
  });

  it('is asked in its own dialect: Together, where one number asks for log probabilities', () => {
    const encode = (request: JsonObject) =>
      providerOf('together_ai').codecs['chat.completions']?.encode(request, target());
    expect(encode({ logprobs: true, top_logprobs: 3 })).toEqual({ model: 'some-model', logprobs: 3 });
    expect(encode({ logprobs: true })).toEqual({ model: 'some-model', logprobs: 1 });
    expect(encode({ logprobs: false })).toEqual({ model: 'some-model' });
  });

  it('tells its errors by its own codes: Z.ai', () => {
    const answer = {
      status: 429,
      headers: { get: () => undefined },
      body: { error: { code: '1113', message: 'x' } },
      text: '',
    };
    expect(providerOf('zai').classify(answer).kind).toBe('quota_exhausted');
  });
});

function optionsFor(baseUrl = ''): Record<string, string> {
  const words = [...baseUrl.matchAll(/\{(\w+)\}/g)].map(([, word = '']) => word).filter((word) => word !== 'model');
  return Object.fromEntries(words.map((word) => [word, 'some']));
}
