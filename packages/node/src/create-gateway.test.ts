import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, it, vi } from 'vitest';
import { CHUNKED_HEAD, chunk, jsonAnswer, LAST_CHUNK, rawUpstream } from '../test/raw-upstream.js';
import { createGateway } from './create-gateway.js';

afterEach(() => void vi.unstubAllEnvs());

const ANSWER = JSON.stringify({
  id: 'x',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }],
});
const EVENT = `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'hello' }, finish_reason: null }] })}\n\n`;
const as = { id: 'job' };
const messages = [{ role: 'user', content: 'hi' }];

it("asks the vendor over a real socket, with the key from the vendor's usual environment variable", async () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-from-the-environment');
  const upstream = await rawUpstream((socket) => socket.write(jsonAnswer(ANSWER)));
  const gateway = createGateway({
    models: { fast: [{ model: 'openai/gpt-4o-mini', baseUrl: `${upstream.origin}/v1` }] },
  });

  expect(await gateway.chat({ model: 'fast', messages }, { as })).toMatchObject({
    choices: [{ message: { content: 'hello' } }],
  });
  expect(upstream.requests[0]?.head).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
  expect(upstream.requests[0]?.head).toContain('authorization: Bearer sk-from-the-environment');
  await gateway.close();
  await expect.poll(() => upstream.sockets.every((socket) => socket.destroyed)).toBe(true);
});

it('runs hooks at the end of a stream in the context of the call, also after its caller left (R19)', async () => {
  const upstream = await rawUpstream((socket) => socket.write(CHUNKED_HEAD + chunk(EVENT)));
  const requestId = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const gateway = createGateway({
    models: { fast: [{ model: 'openai/gpt-4o-mini', apiKey: 'sk-test', baseUrl: `${upstream.origin}/v1` }] },
    observers: [{ callEnded: () => void seen.push(requestId.getStore()) }],
  });
  const callAs = (id: string) =>
    requestId.run(id, async () => {
      for await (const _chunk of gateway.chatStream({ model: 'fast', messages }, { as })) return;
    });
  await Promise.all([callAs('one'), callAs('two')]);
  await expect.poll(() => seen.length).toBe(2);
  expect(new Set(seen)).toEqual(new Set(['one', 'two']));
  await gateway.close();
});

it('reads a stream to its end and keeps the socket for the next call', async () => {
  const finish =
    chunk(EVENT.replace('"finish_reason":null', '"finish_reason":"stop"')) + chunk('data: [DONE]\n\n') + LAST_CHUNK;
  const upstream = await rawUpstream((socket) => socket.write(CHUNKED_HEAD + chunk(EVENT) + finish));
  const gateway = createGateway({
    models: { fast: [{ model: 'openai/gpt-4o-mini', apiKey: 'sk-test', baseUrl: `${upstream.origin}/v1` }] },
  });
  for (let index = 0; index < 3; index++) {
    let chunks = 0;
    for await (const _chunk of gateway.chatStream({ model: 'fast', messages }, { as })) chunks += 1;
    expect(chunks).toBeGreaterThan(0);
  }
  expect(upstream.sockets).toHaveLength(1);
  await gateway.close();
});
