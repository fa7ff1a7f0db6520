import Anthropic from '@anthropic-ai/sdk';
import type { UsageRecord } from '@portico/core';
import { expectNoOpenRequests, type FakeProvider, startFakeProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ADA, QUICK, WIRES, type WireName } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());

const ASKED = {
  model: 'chat',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Tell me of porticos.' }],
};

const PLACES = (Object.keys(MOUNTS) as MountName[]).flatMap((mount) =>
  (['anthropic', 'openai'] as const).map((wire) => ({ mount, wire })),
);

describe.each(PLACES)("Anthropic's own client, by $mount, of a model that speaks $wire", ({ mount, wire }) => {
  it('gets a whole message, and the ledger what it cost', async () => {
    const { client, records, close } = await start(mount, wire, 'well');
    const message = await client.messages.create(ASKED);
    expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
    expect(provider.log.requests.at(-1)).toMatchObject({
      path: wire === 'anthropic' ? '/v1/messages' : '/v1/chat/completions',
      model: 'well',
    });
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
    const { client, records, close } = await start(mount, wire, 'well');
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

  it('calls tools and reads what they said, whole and streamed', async () => {
    const { client, close } = await start(mount, wire, 'well');
    const tools = [
      { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
    ];
    const asked = { ...ASKED, tools, tool_choice: { type: 'any' as const } };
    const whole = await client.messages.create(asked);
    const streamed = await client.messages.stream(asked).finalMessage();
    for (const message of [whole, streamed]) {
      expect(message.stop_reason).toBe('tool_use');
      expect(message.content).toMatchObject([
        { type: 'tool_use', name: 'weather', input: { city: expect.any(String) } },
      ]);
    }
    const [call] = whole.content;
    if (call?.type !== 'tool_use') throw new Error('no call');
    const answer = await client.messages.create({
      ...asked,
      tool_choice: { type: 'auto' },
      messages: [
        ...ASKED.messages,
        { role: 'assistant', content: whole.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'It rains.' }] },
      ],
    });
    expect(answer.content).toMatchObject([{ type: 'text', text: expect.stringContaining('It rains.') }]);
    await close();
  });

  it('is told of failures in its own words, whole and in the middle of a stream (R-STR-8)', async () => {
    const { client, close } = await start(mount, wire, 'fault-f15');
    await expect(client.messages.create(ASKED)).rejects.toMatchObject({
      status: 429,
      error: { type: 'error', error: { type: 'rate_limit_error', message: expect.any(String) } },
    });
    await expect(client.messages.create({ ...ASKED, model: 'nobody' })).rejects.toMatchObject({
      status: 404,
      error: { error: { type: 'not_found_error' } },
    });
    await close();
    const broken = await start(mount, wire, 'fault-f33');
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const event of await broken.client.messages.create({ ...ASKED, stream: true }))
        pieces.push(event.type);
    })();
    await expect(reading).rejects.toThrow(/api_error|upstream/);
    expect(pieces).toContain('content_block_delta');
    expect(pieces).not.toContain('message_stop');
    await broken.close();
  });

  it.each(['f37', 'f38', 'f40-missing'])(
    'puts a stream together although the vendor leaves a part of its end out: %s',
    async (fault) => {
      const { client, records, close } = await start(mount, wire, `fault-${fault}`);
      const message = await client.messages.stream(ASKED).finalMessage();
      expect(message).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
      await close();
      expect(records).toMatchObject([
        { outcome: 'ok', usage: { estimated: !(fault === 'f37' || (fault === 'f38' && wire === 'openai')) } },
      ]);
    },
  );

  it('that leaves ends the request to the vendor (c01)', async () => {
    const { client, records, close } = await start(mount, wire, 'fault-f34');
    const stream = await client.messages.create({ ...ASKED, stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await expectNoOpenRequests(provider);
    await close();
    expect(records).toMatchObject([{ outcome: 'client_gone' }]);
  });

  it('lists models in its own words', async () => {
    const { client, close } = await start(mount, wire, 'well');
    const told = { type: 'model', id: 'chat', display_name: 'chat', created_at: expect.stringMatching(/^\d{4}-.*Z$/) };
    const page = await client.models.list({ limit: 1000 });
    expect(page).toMatchObject({ data: [told], has_more: false, first_id: 'chat', last_id: 'chat' });
    expect(await client.models.retrieve('chat')).toMatchObject(told);
    await expect(client.models.retrieve('nobody')).rejects.toMatchObject({ status: 404 });
    await close();
  });

  it('names betas, which reach the vendor whose they are and no other (R-SEC-6)', async () => {
    const { client, close } = await start(mount, wire, 'well');
    const edits = [{ type: 'clear_tool_uses_20250919' as const }];
    await client.beta.messages.create({
      ...ASKED,
      betas: ['context-management-2025-06-27', 'files-api-2025-04-14'],
      context_management: { edits },
    });
    const asked = provider.log.requests.at(-1);
    const body = asked?.body as { readonly context_management?: unknown } | undefined;
    expect(asked?.headers['anthropic-beta']).toBe(
      wire === 'anthropic' ? 'context-management-2025-06-27,files-api-2025-04-14' : undefined,
    );
    expect(body?.context_management).toEqual(wire === 'anthropic' ? { edits } : undefined);
    await close();
  });
});

describe.each(Object.keys(MOUNTS) as MountName[])("Anthropic's own client, by %s", (mount) => {
  it('is told an estimate of its tokens where no upstream counts them, which costs nothing', async () => {
    const { client, records, close } = await start(mount, 'openai', 'well');
    const before = provider.log.requests.length;
    const { max_tokens: _bound, ...asked } = ASKED;
    const { data, response } = await client.messages.countTokens(asked).withResponse();
    expect(data.input_tokens).toBeGreaterThan(0);
    expect(response.headers.get('x-portico-warnings')).toContain('the number is an estimate');
    expect(provider.log.requests).toHaveLength(before);
    await close();
    expect(records).toMatchObject([{ operation: 'messages.count_tokens', outcome: 'ok', costNanoUsd: 0 }]);
  });
});

async function start(mount: MountName, wire: WireName, model: string) {
  const records: UsageRecord[] = [];
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    anonymous: ADA,
    retries: { maxRetries: 0 },
    models: { chat: [WIRES[wire](provider, model)] },
    onUsage: (record) => void records.push(record),
    debugHeaders: true,
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
