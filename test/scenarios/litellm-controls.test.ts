import { expectRequestedModels, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QUESTION } from '../support/ask-chat.js';
import { QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig } from '../support/mounts.js';

// What clients say to LiteLLM's proxy ends at the gateway, as it ends there.

describe('with compat: litellm, a field for the proxy', () => {
  it.each([
    [{ metadata: { generation_name: 'g', trace_user_id: 'ada', session_id: 's' } }],
    [{ metadata: { tags: ['x'] } }],
    [{ cache: { 'no-cache': true } }],
    [{ litellm_session_id: 's', litellm_trace_id: 't', litellm_metadata: { a: 1 } }],
    [{ api_key: 'sk-callers-own-secret', api_base: 'https://elsewhere.example', aws_access_key_id: 'k' }],
    [{ guardrails: [] }],
    [{ drop_params: true, langfuse_public_key: 'p', 'no-log': true, rpm: 5 }],
  ])('is not sent to the vendor: %j', async (fields) => {
    const { mounted, provider } = await start({ compat: 'litellm', requestOverrides: true });
    const answer = await mounted.post({ model: 'a', messages: QUESTION, temperature: 0.5, user: 'u', ...fields });
    expect(answer.status).toBe(200);
    const [sent] = provider.log.requests;
    expect(Object.keys(sent?.body as object).sort()).toEqual(['messages', 'model', 'temperature', 'user']);
    expect(JSON.stringify([sent?.body, sent?.headers])).not.toContain('sk-callers-own-secret');
  });

  it.each([
    [{ guardrails: ['no-secrets'] }, 'guardrails'],
    [{ guardrails: ['known', 'no-secrets'] }, 'guardrails'],
    [{ guardrails: [{ 'no-secrets': { extra_body: {} } }] }, 'guardrails'],
    [{ metadata: { guardrails: ['no-secrets'] } }, 'metadata.guardrails'],
    [{ policies: ['strict'] }, 'policies'],
    [{ mock_response: 'hello' }, 'mock_response'],
  ])('that asks for something which is not there refuses the call: %j', async (fields, param) => {
    const { mounted, provider } = await start({ compat: 'litellm', plugins: [{ name: 'known' }] });
    const answer = await mounted.post({ model: 'a', messages: QUESTION, ...fields });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param } });
    expectRequestedModels(provider);
  });

  it('that names a plugin as its guardrail is fulfilled: plugins run for every call', async () => {
    const { mounted } = await start({ compat: 'litellm', plugins: [{ name: 'known' }] });
    expect((await mounted.post({ model: 'a', messages: QUESTION, guardrails: ['known'] })).status).toBe(200);
  });
});

describe('without compat, every field', () => {
  it('goes to a vendor of the same wire', async () => {
    const { mounted, provider } = await start({});
    const fields = { metadata: { session_id: 's' }, cache: { a: 1 }, litellm_session_id: 's', guardrails: ['x'] };
    await mounted.post({ model: 'a', messages: QUESTION, ...fields });
    expect(provider.log.requests[0]?.body).toMatchObject(fields);
  });
});

async function start(config: Partial<MountConfig>) {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  const mounted = await MOUNTS['in-process']({ ...QUICK, models: { a: [WIRES.openai(provider, 'a')] }, ...config });
  onTestFinished(() => mounted.close());
  return { mounted, provider };
}
