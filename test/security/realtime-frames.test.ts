import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UsageRecord } from '@portico/core';
import { attachRealtime } from '@portico/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startRealtimeProvider } from '../support/realtime-provider.js';
import { openGateway, VENDOR_KEY } from '../support/scripted-vendor.js';

const KEY = 'pk-of-ada-0123456789-0123456789';
const MODEL = 'gpt-realtime-that-is-dear';

describe('an answer of a realtime session that is never finished', () => {
  it.each(['leaves', 'drops the connection', 'closes'])('is charged by estimate when the client %s', async (how) => {
    const { open, provider, gateway, records } = await start();
    provider.neverDone = true;
    const { socket, send, next } = await open();
    send(JSON.stringify({ type: 'session.update', session: { instructions: 'word '.repeat(8_000) } }));
    await next('session.updated');
    send(JSON.stringify({ type: 'response.create' }));
    await next('response.output_text.delta');
    if (how === 'closes') socket.close(1000);
    else if (how === 'leaves') socket.close(4000, 'bye');
    else socket.terminate();
    await expect.poll(() => gateway.openCalls).toBe(0);
    const [record] = await records();
    expect(record?.usage.estimated).toBe(true);
    expect(record?.usage.inputTokens).toBeGreaterThan(9_000);
    expect(record?.usage.inputTokens).toBeLessThan(11_000);
    expect(record?.usage.outputTokens).toBeGreaterThan(5_900);
    expect(record?.usage.outputTokens).toBeLessThan(6_200);
    expect(record?.costNanoUsd).toBeGreaterThan(20_000 * 1_000);
  });

  it('counts against the budget, so that the next session is refused', async () => {
    const { open, provider, gateway } = await start();
    provider.neverDone = true;
    const { socket, send, next } = await open();
    send(JSON.stringify({ type: 'session.update', session: { instructions: 'word '.repeat(200_000) } }));
    await next('session.updated');
    send(JSON.stringify({ type: 'response.create' }));
    await next('response.output_text.delta');
    socket.close(1000);
    await expect.poll(() => gateway.openCalls).toBe(0);
    await expect(open()).rejects.toThrow('429');
  });

  it('is not charged twice when it is finished', async () => {
    const { open, gateway, records } = await start();
    const { socket, send, next } = await open();
    send(JSON.stringify({ type: 'response.create' }));
    await next('response.done');
    socket.close(1000);
    await expect.poll(() => gateway.openCalls).toBe(0);
    expect((await records())[0]?.usage).toMatchObject({ inputTokens: 4, outputTokens: 3, estimated: false });
  });
});

describe('a message of a realtime session is sent as it was read', () => {
  it.each([
    ['a model', `{"type":"session.update","session":{"model":"${MODEL}"}}`],
    [
      'a type that occurs twice',
      `{"type":"input_audio_buffer.append","type":"session.update","session":{"model":"${MODEL}"}}`,
    ],
    ['a session that occurs twice', `{"type":"session.update","session":{"model":"${MODEL}"},"session":{}}`],
    ['an escaped key', `{"type":"session.update","session":{"mod\\u0065l":"${MODEL}"}}`],
    ['spaces in front', `  {"type":"session.update","session":{"model":"${MODEL}"}}`],
    ['audio before a session', `{"type":"input_audio_buffer.append","audio":"AAAA","session":{"model":"${MODEL}"}}`],
    ['a model of a response', `{"type":"response.create","response":{"model":"${MODEL}"}}`],
  ])('without %s', async (_what, message) => {
    const { open, provider } = await start();
    const { send } = await open();
    send(message);
    const [session] = provider.sessions;
    await expect.poll(() => session?.heard.length).toBe(1);
    expect(JSON.stringify(session?.heard)).not.toContain(MODEL);
  });

  it('passes audio unchanged', async () => {
    const { open, provider } = await start();
    const { send } = await open();
    send('{"type":"input_audio_buffer.append","audio":"AAA/+a=="}');
    const [session] = provider.sessions;
    await expect.poll(() => session?.heard).toEqual([{ type: 'input_audio_buffer.append', audio: 'AAA/+a==' }]);
  });

  it.each([
    ['binary', Buffer.from(`{"type":"session.update","session":{"model":"${MODEL}"}}`)],
    ['not JSON', `{"type":"session.update","session":{"model":"${MODEL}"},}`],
    ['an array', '[]'],
  ])('and is refused if it is %s, while the session goes on', async (_what, message) => {
    const { open, provider } = await start();
    const { send, next } = await open();
    send(message);
    expect(await next('error')).toMatchObject({ error: { type: 'invalid_request_error' } });
    send('{"type":"response.create"}');
    await next('response.done');
    expect(provider.sessions[0]?.heard).toEqual([{ type: 'response.create' }]);
  });
});

async function start() {
  const provider = await startRealtimeProvider(VENDOR_KEY);
  const kept: UsageRecord[] = [];
  const { gateway } = openGateway({
    keys: [{ key: KEY, principal: { id: 'ada', budget: { usd: 0.2, per: 'total' } } }],
    models: {
      talk: [
        {
          model: 'openai/gpt-realtime',
          baseUrl: `${provider.origin}/v1`,
          apiKey: VENDOR_KEY,
          price: { input: 1, output: 2 },
        },
      ],
    },
    plugins: [{ name: 'ledger', sinks: [{ record: (batch) => void kept.push(...batch) }] }],
  });
  const server = createServer();
  attachRealtime(server, gateway);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/realtime?model=talk`;
  return {
    provider,
    gateway,
    async records() {
      await gateway.close({ graceMs: 0 });
      return kept;
    },
    async open() {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${KEY}` } });
      onTestFinished(() => socket.terminate());
      const heard: Record<string, unknown>[] = [];
      const waiting: (() => void)[] = [];
      socket.on('message', (data: Buffer) => {
        heard.push(JSON.parse(data.toString()) as Record<string, unknown>);
        for (const look of waiting.splice(0)) look();
      });
      const next = async (type: string): Promise<Record<string, unknown>> => {
        for (;;) {
          const event = heard.shift();
          if (event === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
          else if (event.type === type) return event;
        }
      };
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.once('open', resolve);
      });
      await next('session.created');
      return { socket, next, send: (message: string | Buffer) => socket.send(message) };
    },
  };
}
