import { startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QUESTION } from '../support/ask-chat.js';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig } from '../support/mounts.js';

// A deployment's default parameters are sent where the client says nothing, by the names of the endpoint.

describe('default parameters of a deployment', () => {
  it("are sent where the client sets none, and the client's own where it does", async () => {
    const { ask, sent } = await start({ max_tokens: 256, temperature: 0.3, stop: ['END'] });
    for (const stream of [false, true]) {
      await ask({ model: 'a', messages: QUESTION, stream });
      expect(sent()).toMatchObject({ max_tokens: 256, temperature: 0.3, stop: ['END'] });
    }
    await ask({ model: 'a', messages: QUESTION, max_tokens: 9, temperature: 1 });
    expect(sent()).toMatchObject({ max_tokens: 9, temperature: 1, stop: ['END'] });
  });

  it('never add a second limit under another name', async () => {
    const { ask, sent } = await start({ max_tokens: 256 });
    await ask({ model: 'a', messages: QUESTION, max_completion_tokens: 9 });
    expect(sent()).not.toMatchObject({ max_tokens: 256 });
  });

  it('are sent by the name that the model takes', async () => {
    const { ask, sent } = await start({ max_tokens: 256 }, { baseModel: 'openai/gpt-5-mini' });
    await ask({ model: 'a', messages: QUESTION });
    expect(sent()).toMatchObject({ max_completion_tokens: 256 });
    expect(sent()).not.toHaveProperty('max_tokens');
  });

  it('have the names of Responses there', async () => {
    const { ask, sent } = await start({ max_tokens: 256, reasoning_effort: 'low', stop: ['END'] });
    await ask({ model: 'a', input: 'hello' }, '/responses');
    expect(sent()).toMatchObject({ max_output_tokens: 256, reasoning: { effort: 'low' } });
    expect(sent()).not.toHaveProperty('stop');
  });

  it('bound what a budget reserves', async () => {
    const price = { input: 0, output: 1_000_000 };
    const anonymous = { ...ADA, budget: { usd: 300 } };
    const bounded = await start({ max_tokens: 256 }, { price }, { anonymous });
    expect((await bounded.ask({ model: 'a', messages: QUESTION })).status).toBe(200);
    const unbounded = await start({}, { price }, { anonymous });
    expect((await unbounded.ask({ model: 'a', messages: QUESTION })).status).toBe(429);
  });
});

describe('default parameters of a deployment at Anthropic', () => {
  it('are sent for both of its clients, thinking included', async () => {
    const { ask, sent } = await start(
      { thinking: { type: 'adaptive' } },
      { model: 'claude-opus-4-6' },
      {},
      'anthropic',
    );
    await ask({ model: 'a', messages: QUESTION, max_tokens: 4_000 });
    expect(sent()).toMatchObject({ thinking: { type: 'adaptive' }, max_tokens: 4_000 });
    await ask({ model: 'a', messages: QUESTION, max_tokens: 4_000 }, '/messages');
    expect(sent()).toMatchObject({ thinking: { type: 'adaptive' }, max_tokens: 4_000 });
  });
});

async function start(
  defaultParameters: Record<string, unknown>,
  details: Record<string, unknown> = {},
  config: Partial<MountConfig> = {},
  wire: 'openai' | 'anthropic' = 'openai',
) {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  const { model = 'm', ...rest } = details;
  const deployment = { ...WIRES[wire](provider, model as string), ...rest, defaultParameters };
  const mounted = await MOUNTS['in-process']({ ...QUICK, models: { a: [deployment] }, ...config });
  onTestFinished(() => mounted.close());
  return {
    ask: (body: object, path = '/chat/completions') =>
      mounted.fetch(`${mounted.baseUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    sent: () => provider.log.requests.at(-1)?.body as object,
  };
}
