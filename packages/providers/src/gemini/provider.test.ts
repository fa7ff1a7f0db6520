import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { gemini } from './index.js';

describe('a connection to Gemini', () => {
  it('has the key in a header and never in the address (R-LOG-2)', () => {
    const { origin, paths, streamPaths, headers } = connect({});
    expect(origin).toBe('https://generativelanguage.googleapis.com');
    expect(paths).toEqual({
      'chat.completions': '/v1beta/models/gemini-2.5-flash:generateContent',
      'messages.count_tokens': '/v1beta/models/gemini-2.5-flash:countTokens',
      embeddings: '/v1beta/models/gemini-2.5-flash:batchEmbedContents',
    });
    expect(streamPaths).toEqual({
      'chat.completions': '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    });
    expect(headers).toEqual({ 'x-goog-api-key': 'k' });
  });

  it.each([
    [{ model: 'models/gemini-2.5-pro' }, '/v1beta/models/gemini-2.5-pro:generateContent'],
    [{ model: 'tunedModels/my model' }, '/v1beta/tunedModels/my%20model:generateContent'],
    [{ apiVersion: 'v1' }, '/v1/models/gemini-2.5-flash:generateContent'],
    [{ baseUrl: 'https://a.example/proxy/' }, '/proxy/v1beta/models/gemini-2.5-flash:generateContent'],
    [{ baseUrl: 'https://a.example/v1alpha' }, '/v1alpha/models/gemini-2.5-flash:generateContent'],
  ])('finds the endpoint for %j', (settings, path) => {
    expect(connect(settings).paths['chat.completions']).toBe(path);
  });

  it('adds headers of the host, and knows no options', () => {
    expect(connect({ headers: { 'x-tenant': 'blue' } }).headers).toEqual({ 'x-goog-api-key': 'k', 'x-tenant': 'blue' });
    expect(() => connect({ options: { project: 'p' } })).toThrow('gemini has no option "project". It has none.');
  });
});

function connect(settings: Partial<ConnectionSettings>) {
  return gemini.connect({
    model: 'gemini-2.5-flash',
    baseUrl: undefined,
    apiKey: secret('k'),
    apiVersion: undefined,
    headers: {},
    options: {},
    ...settings,
  });
}
