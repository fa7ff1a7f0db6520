import { createGateway } from '@portico/core';
import { allProviders } from '@portico/providers';
import { describe, expect, it, onTestFinished } from 'vitest';

const MEGABYTE = 1024 * 1024;
const CHAT = '{"model":"m","messages":[{"role":"user","content":';
const IMAGE = `${CHAT}[{"type":"image_url","image_url":{"url":"data:image/png;base64,`;

describe('a large body that is no request is a 400 that says why', () => {
  it.each([
    ['20 MB of brackets', '['.repeat(20 * MEGABYTE), 'more than 512 levels deep'],
    ['brackets within a request', `${CHAT}${'{"a":['.repeat(MEGABYTE)}`, 'more than 512 levels deep'],
    [
      'brackets that are too few to be looked for',
      `${CHAT}"a"}],"extra":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      'nested',
    ],
    ['an image that is cut off', `${IMAGE}${'A'.repeat(16 * MEGABYTE)}`, 'in the middle of a value'],
    ['more behind its end', `${IMAGE}${'A'.repeat(16 * MEGABYTE)}"}}]}]} x`, 'is not valid JSON'],
    ['a line break in a text', `${CHAT}"${'a'.repeat(500_000)}\n"}]}`, 'at line 1, column '],
    ['a word that is not JSON', `${CHAT}"a"}],\n"stream":True}`, 'at line 2, column 10'],
  ])('for %s', async (_what, body, message) => {
    const logged: unknown[] = [];
    const silent = () => undefined;
    const logger = { debug: silent, info: silent, warn: silent, error: (...told: unknown[]) => void logged.push(told) };
    const gateway = createGateway(
      { models: { m: 'openai/gpt-5' }, unknownPrice: 'allow', logger },
      {
        providers: allProviders(),
        transport: { send: () => Promise.reject(new Error('nobody is to be asked')), close: async () => undefined },
        environment: { OPENAI_API_KEY: 'sk-0' },
      },
    );
    onTestFinished(() => gateway.close());
    const response = await gateway.fetchAs({ id: 'ada' })('http://portico/v1/chat/completions', {
      method: 'POST',
      body,
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', message: expect.stringContaining(message) } },
    ]);
    expect(logged).toEqual([]);
  });
});
