import { describe, expect, it } from 'vitest';
import { openGateway, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

describe('one call', () => {
  it('makes at most 32 attempts, whatever retries and fallbacks it asks for', async () => {
    const { origin, requests } = await startVendor((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"broken","type":"server_error","param":null,"code":null}}');
    });
    const names = Array.from({ length: 11 }, (_, number) => `m${number}`);
    const { post } = openGateway({
      models: Object.fromEntries(
        names.map((name) => [name, [{ model: `openai/${name}`, baseUrl: `${origin}/v1`, apiKey: VENDOR_KEY }]]),
      ),
      requestOverrides: true,
      cooldowns: { failuresInARow: 1_000, minCalls: 1_000 },
      retries: { maxRetries: 2, baseDelayMs: 0, maxDelayMs: 0 },
    });
    const messages = [{ role: 'user', content: 'Hi' }];
    const [model, ...fallbacks] = names;
    const answer = await post('/chat/completions', { model, messages, num_retries: 10, fallbacks });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(requests).toHaveLength(32);
  });
});
