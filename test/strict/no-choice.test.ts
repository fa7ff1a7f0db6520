import { createGateway } from '@portico/core';
import { allProviders } from '@portico/providers';
import { fakeClock } from '@portico/testing';
import { expect, it } from 'vitest';

const EMPTY = { id: 'gen-1', object: 'chat.completion', created: 1_700_000_000, model: 'm', choices: [] };
const ANSWER = {
  ...EMPTY,
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
};

const WIRES = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/responses', { input: 'Hi' }],
] as const;

it.each(WIRES)('an answer without a choice is a failed attempt, and the fallback answers %s', async (path, body) => {
  const answer = await ask('with', path, body);
  expect([answer.status, JSON.stringify(await answer.json())]).toEqual([200, expect.stringContaining('"Hi"')]);
});

it.each(WIRES)('an answer without a choice is a 502 where there is no fallback, at %s', async (path, body) => {
  const answer = await ask('without', path, body);
  expect([answer.status, await answer.json()]).toEqual([502, expect.objectContaining({ error: expect.anything() })]);
});

function ask(model: string, path: string, body: object) {
  const group = (name: string, fallbacks: readonly 'second'[] = []) => ({
    deployments: [{ model: `hosted_vllm/${name}`, baseUrl: 'http://v.example/v1' }],
    fallbacks,
  });
  const gateway = createGateway(
    {
      vendorIds: 'allow',
      models: { with: group('first', ['second']), without: group('first'), second: group('second') },
      retries: { maxRetries: 0 },
      clock: fakeClock(0),
    },
    {
      providers: allProviders(),
      environment: {},
      transport: {
        async send({ body: sent }) {
          return answered(typeof sent === 'string' && sent.includes('"first"') ? EMPTY : ANSWER);
        },
        async close() {},
      },
    },
  );
  return gateway.fetchAs({ id: 'caller' })(`http://portico${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ ...body, model }),
  });
}

function answered(body: unknown) {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return {
    status: 200,
    headers: { get: (name: string) => (name === 'content-type' ? 'application/json' : undefined) },
    body: {
      start(sink: { bytes(chunk: Uint8Array): void; end(): void }) {
        sink.bytes(bytes);
        sink.end();
      },
      pause() {},
      resume() {},
      cancel() {},
    },
  };
}
