import { ConfigError, createGateway as createCoreGateway, type GatewayConfig, GatewayError } from '@portico/core';
import type { Transport } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { describe, expect, it, onTestFinished } from 'vitest';

/** Names that become another host where they are put into one. */
const HOSTILE = ['evil.example/x', 'evil.example:8443/x', 'me@evil.example', 'evil.example', '127.0.0.1:9/x'];

/** The origins that a gateway of these models asks when a client names these models. */
async function originsAsked(models: GatewayConfig['models'], names: readonly string[], settings: object = {}) {
  const origins = new Set<string>();
  const transport: Transport = {
    async send({ origin }) {
      origins.add(origin);
      throw new GatewayError('network', 'Nobody is asked in this test.');
    },
    close: async () => {},
  };
  const environment = new Proxy(
    {},
    { get: (_, name) => (/KEY|TOKEN/.test(String(name)) ? 'a-key-of-nobody-at-all' : undefined) },
  );
  const gateway = createCoreGateway(
    { models, retries: { maxRetries: 0 }, logger: false, ...settings },
    { providers: allProviders(), transport, environment },
  );
  onTestFinished(() => gateway.close({ graceMs: 0 }));
  const statuses: number[] = [];
  for (const model of names) {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] });
    const answer = await gateway.fetchAs({ id: 'ada' })('http://portico/v1/chat/completions', { method: 'POST', body });
    statuses.push(answer.status);
  }
  return { origins: [...origins], statuses };
}

describe('a client that names a model behind a wildcard', () => {
  it.each(allProviders().map(({ name }) => name))('chooses no host of %s', async (vendor) => {
    const names = HOSTILE.map((name) => `${vendor}/${name}`);
    for (const models of [{ '*': '*' }, { [`${vendor}/*`]: `${vendor}/*` }]) {
      try {
        const { origins } = await originsAsked(models, names);
        for (const origin of origins) {
          expect(new URL(origin).hostname).not.toContain('evil');
          expect(['9', '8443']).not.toContain(new URL(origin).port);
        }
      } catch (error) {
        // A vendor whose other settings are missing does not start, which is as good.
        if (!(error instanceof ConfigError)) throw error;
      }
    }
  });

  it('reaches no server without a credential, unless the configuration names that vendor or its address', async () => {
    const keyless = allProviders().filter(({ needsKey }) => !needsKey);
    expect(keyless.length).toBeGreaterThan(5);
    for (const { name } of keyless) {
      expect(await originsAsked({ '*': '*' }, [`${name}/llama`])).toEqual({ origins: [], statuses: [404] });
    }
    expect((await originsAsked({ 'ollama/*': 'ollama/*' }, ['ollama/llama'])).origins).toHaveLength(1);
  });

  it('is not told what the configuration lacks', async () => {
    const gateway = createCoreGateway(
      { models: { '*': '*' }, logger: false },
      {
        providers: allProviders(),
        transport: { send: () => Promise.reject(new Error('Nobody is asked.')), close: async () => {} },
        environment: {},
      },
    );
    onTestFinished(() => gateway.close({ graceMs: 0 }));
    const body = JSON.stringify({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hi' }] });
    const answer = await gateway.fetchAs({ id: 'ada' })('http://portico/v1/chat/completions', { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ error: { message: 'There is no model "openai/gpt-4o".' } });
  });
});
