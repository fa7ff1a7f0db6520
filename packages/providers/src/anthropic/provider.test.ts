import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { anthropic } from './index.js';

describe('a connection to Anthropic', () => {
  it('goes to the Messages API with the key and the version', () => {
    const { origin, paths, headers } = connect({ apiKey: secret('sk-ant-1') });
    expect(origin + paths['chat.completions']).toBe('https://api.anthropic.com/v1/messages');
    expect(headers).toEqual({ 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-ant-1' });
  });

  it.each([
    ['https://gateway.example', '/v1/messages'],
    ['https://gateway.example/', '/v1/messages'],
    ['https://gateway.example/v1', '/v1/messages'],
    ['https://gateway.example/anthropic/v1/', '/anthropic/v1/messages'],
    ['https://gateway.example/anthropic', '/anthropic/v1/messages'],
    ['https://gateway.example/v1/messages', '/v1/messages'],
  ])('finds the endpoint below %s', (baseUrl, path) => {
    const connection = connect({ apiKey: secret('k'), baseUrl });
    expect([connection.origin, connection.paths['chat.completions']]).toEqual(['https://gateway.example', path]);
  });

  it('names every beta once, from the options and from the headers', () => {
    const { headers } = connect({
      apiKey: secret('k'),
      headers: { 'anthropic-beta': 'context-1m-2025-08-07, files-api-2025-04-14', 'x-tenant': 'blue' },
      options: { betas: ['files-api-2025-04-14', 'mcp-client-2025-11-20'] },
    });
    expect(headers['anthropic-beta']).toBe('context-1m-2025-08-07,files-api-2025-04-14,mcp-client-2025-11-20');
    expect(headers['x-tenant']).toBe('blue');
  });

  it('sends a token instead of the key, never both', () => {
    const { headers } = connect({ apiKey: secret('sk-ant-1'), options: { authToken: secret('gateway-token') } });
    expect(headers.authorization).toBe('Bearer gateway-token');
    expect(headers).not.toHaveProperty('x-api-key');
    expect(headers).not.toHaveProperty('anthropic-beta');
  });

  it('marks the token of an account with the beta that accepts it', () => {
    const { headers } = connect({ options: { authToken: 'sk-ant-oat01-abc' } });
    expect(headers['anthropic-beta']).toBe('oauth-2025-04-20');
  });

  it('leaves a credential in the configured headers alone', () => {
    const { headers } = connect({ apiKey: secret('k'), headers: { authorization: 'Bearer own' } });
    expect(headers).toEqual({ 'anthropic-version': '2023-06-01', authorization: 'Bearer own' });
  });

  it('takes another version of the API', () => {
    expect(connect({ apiKey: secret('k'), apiVersion: '2027-01-01' }).headers['anthropic-version']).toBe('2027-01-01');
  });

  it('says what is missing or wrong, without the credential', () => {
    expect(() => connect({})).toThrow(
      'anthropic has no credential. Set ANTHROPIC_API_KEY in the environment, or give "apiKey" or "options.authToken".',
    );
    expect(() => connect({ apiKey: secret('k'), options: { beta: 'x' } })).toThrow(
      'anthropic has no option "beta". It has: authToken, betas.',
    );
    expect(() => connect({ options: { authToken: 12345 } })).toThrow(
      '"options.authToken" of anthropic must be a token as text or as a secret.',
    );
    expect(() => connect({ apiKey: secret('k'), options: { betas: [1] } })).toThrow(
      '"options.betas" of anthropic must be a list of beta names.',
    );
    expect(() => connect({ apiKey: secret('k'), baseUrl: 'gateway.example' })).toThrow('must be complete');
  });
});

function connect(settings: Partial<ConnectionSettings>) {
  return anthropic.connect({
    model: 'claude-sonnet-4-5',
    baseUrl: undefined,
    apiKey: undefined,
    apiVersion: undefined,
    headers: {},
    options: {},
    ...settings,
  });
}
