import { secret } from '@portico/core';
import { expect, it } from 'vitest';
import { settings } from '../test/connection-settings.js';
import { target } from '../test/read-stream.js';
import { defineProvider } from './define-provider.js';
import { replicate } from './replicate/index.js';

it('makes a vendor out of a name and an address', () => {
  const acme = defineProvider({ name: 'acme-eu', baseUrl: 'https://llm.acme.example/v1' });
  const { origin, paths, headers } = acme.connect(settings({ apiKey: secret('k') }));
  expect([acme.keyVariables, acme.needsKey, origin, paths, headers]).toEqual([
    ['ACME_EU_API_KEY'],
    true,
    'https://llm.acme.example',
    { 'chat.completions': '/v1/chat/completions', embeddings: '/v1/embeddings' },
    { authorization: 'Bearer k' },
  ]);
  const asked = acme.codecs['chat.completions']?.encode({ max_completion_tokens: 9, stop: null }, target());
  expect(asked).toEqual({ model: 'some-model', max_tokens: 9 });
});

it('lets every part be said', () => {
  const acme = defineProvider({
    name: 'acme',
    baseUrl: undefined,
    keyVariables: [],
    needsKey: false,
    operations: ['rerank'],
    rules: {},
  });
  expect([acme.keyVariables, acme.needsKey, Object.keys(acme.codecs)]).toEqual([[], false, ['rerank']]);
  expect(() => acme.connect(settings({}))).toThrow('acme has no base URL of its own');
});

it('hands on a provider with codecs of its own', () => {
  expect(defineProvider(replicate)).toBe(replicate);
});
