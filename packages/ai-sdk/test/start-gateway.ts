import type { GatewayConfig, UsageRecord } from '@portico/core';
import { createGateway } from '@portico/node';
import { onTestFinished } from 'vitest';
import { type AiSdkModels, aiSdkProvider } from '../src/ai-sdk-provider.js';

export const HELLO = [{ role: 'user', content: 'Hello' }];

// biome-ignore lint/suspicious/noExplicitAny: answers are read the way a client reads them, and asserted.
export type Loose = any;

/** A gateway in front of such models, asked as a client asks it. */
export function startGateway(models: Partial<AiSdkModels>, config: Partial<GatewayConfig> = {}) {
  const records: UsageRecord[] = [];
  const price = { input: 1, output: 2 };
  const gateway = createGateway({
    models: {
      chat: { deployments: [{ model: 'sdk/some', price }] },
      loose: { deployments: [{ model: 'sdk/some', price, dropUnsupported: true }] },
    },
    retries: { maxRetries: 0 },
    providers: [aiSdkProvider({ name: 'sdk', ...models })],
    sinks: [{ record: (batch) => void records.push(...batch) }],
    ...config,
  });
  onTestFinished(() => gateway.close());
  const fetch = gateway.fetchAs({ id: 'somebody' });
  const post = (path: string, body: object, init: RequestInit = {}) =>
    fetch(`http://portico/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chat', messages: HELLO, ...body }),
      ...init,
    });
  return {
    records,
    gateway,
    post,
    ask: async (body: object = {}): Promise<Loose> => (await post('/chat/completions', body)).json(),
    stream: async (body: object = {}) => {
      const response = await post('/chat/completions', { stream: true, ...body });
      return eventsIn(await response.text());
    },
  };
}

function eventsIn(text: string): Loose[] {
  const data = text.split('\n\n').flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? []);
  return data.map((json) => (json === '[DONE]' ? json : JSON.parse(json)));
}
