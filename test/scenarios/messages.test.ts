import Anthropic from '@anthropic-ai/sdk';
import type { UsageRecord } from '@portico/core';
import { expectNoOpenRequests, type FakeProvider, startFakeProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

const ASKED = { model: 'chat', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Tell me of porticos.' }] };

describe.each(Object.keys(MOUNTS) as MountName[])("Anthropic's own client, by %s", (mount) => {
  it('gets a whole message, and the ledger what it cost', async () => {
    const { client, records, close } = await start(mount, 'well');
    const message = await client.messages.create(ASKED);
    expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
    expect(provider.log.requests.at(-1)).toMatchObject({ path: '/v1/messages', model: 'well' });
    await close();
    expect(records).toMatchObject([
      {
        operation: 'messages',
        outcome: 'ok',
        usage: { inputTokens: message.usage.input_tokens, outputTokens: message.usage.output_tokens, estimated: false },
      },
    ]);
  });

  it('gets a stream, event by event and whole', async () => {
    const { client, records, close } = await start(mount, 'well');
    const stream = client.messages.stream(ASKED);
    let streamed = '';
    stream.on('text', (piece) => {
      streamed += piece;
    });
    const message = await stream.finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: streamed }]);
    expect(streamed.length).toBeGreaterThan(10);
    await close();
    expect(records).toMatchObject([{ stream: true, usage: { outputTokens: message.usage.output_tokens } }]);
  });

  it('is told of failures in its own words, whole and in the middle of a stream (R-STR-8)', async () => {
    const { client, close } = await start(mount, 'fault-f15');
    await expect(client.messages.create(ASKED)).rejects.toMatchObject({
      status: 429,
      error: { type: 'error', error: { type: 'rate_limit_error', message: expect.any(String) } },
    });
    await expect(client.messages.create({ ...ASKED, model: 'nobody' })).rejects.toMatchObject({
      status: 404,
      error: { error: { type: 'not_found_error' } },
    });
    await close();
    const broken = await start(mount, 'fault-f33');
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const event of await broken.client.messages.create({ ...ASKED, stream: true })) pieces.push(event.type);
    })();
    await expect(reading).rejects.toThrow(/api_error|upstream/);
    expect(pieces).toContain('content_block_delta');
    expect(pieces).not.toContain('message_stop');
    await broken.close();
  });

  it('that leaves ends the request to the vendor (c01)', async () => {
    const { client, records, close } = await start(mount, 'fault-f34');
    const stream = await client.messages.create({ ...ASKED, stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await expectNoOpenRequests(provider);
    await close();
    expect(records).toMatchObject([{ outcome: 'client_gone' }]);
  });
});

async function start(mount: MountName, model: string) {
  const records: UsageRecord[] = [];
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    anonymous: ADA,
    retries: { maxRetries: 0 },
    models: { chat: [WIRES.anthropic(provider, model)] },
    onUsage: (record) => void records.push(record),
  });
  onTestFinished(() => mounted.close());
  const client = new Anthropic({
    baseURL: mounted.baseUrl.replace(/\/v1$/, ''),
    apiKey: 'unused',
    fetch: mounted.fetch,
    maxRetries: 0,
  });
  return { client, records, close: () => mounted.gateway.close() };
}
