import { secret } from '@portico/core';
import type { ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { settings } from '../test/connection-settings.js';
import { type Loose, target } from '../test/read-stream.js';
import { azureAi } from './azure-ai.js';

describe('Claude on Azure AI Foundry', () => {
  it.each([
    ['claude-opus-4-1', 'https://acme.services.ai.azure.com'],
    ['our-deployment', 'https://acme.services.ai.azure.com/anthropic'],
    ['claude-opus-4-1', 'https://acme.services.ai.azure.com/anthropic/v1/messages'],
  ])('%s at %s is asked in its own wire (documented)', (model, baseUrl) => {
    const { origin, paths, headers, codecs } = connect({ model, baseUrl });
    expect(origin + paths['chat.completions']).toBe('https://acme.services.ai.azure.com/anthropic/v1/messages');
    expect(paths.messages).toBe(paths['chat.completions']);
    expect(headers).toEqual({ 'anthropic-version': '2023-06-01', 'api-key': 'key' });
    const asked = { messages: [{ role: 'user', content: 'Hello' }] };
    const body: Loose = codecs?.['chat.completions']?.encode(asked, target({ model }));
    expect([body.model, body.max_tokens]).toEqual([model, expect.any(Number)]);
  });

  it('leaves every other model to the wire of the chat', () => {
    const { codecs, paths } = connect({ model: 'grok-3', baseUrl: 'https://acme.services.ai.azure.com' });
    expect([codecs, paths['chat.completions']]).toEqual([
      undefined,
      '/models/chat/completions?api-version=2024-05-01-preview',
    ]);
  });
});

function connect(changes: Partial<ConnectionSettings>) {
  return azureAi.connect(settings({ apiKey: secret('key'), ...changes }));
}
