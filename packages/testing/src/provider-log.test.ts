import { Agent } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawRequest } from '../test/raw-request.js';
import { expectNoOpenRequests, expectRequestedModels } from './assertions.js';
import { type FakeProvider, startFakeProvider } from './fake-provider.js';

const chat = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...more });

describe('the log of a provider', () => {
  let provider: FakeProvider;
  beforeEach(async () => {
    provider = await startFakeProvider();
  });
  afterEach(() => provider.close());

  it('keeps what came in as it came in', async () => {
    await rawRequest(`${provider.url}/chat/completions?trace=1`, chat('small'), { headers: { 'x-tag': 'a' } }).answer;
    const [request] = provider.log.requests;
    expect(request).toMatchObject({
      number: 1,
      method: 'POST',
      path: '/v1/chat/completions',
      bodyText: JSON.stringify(chat('small')),
      body: chat('small'),
      model: 'small',
      status: 200,
      outcome: 'completed',
    });
    expect(request?.query.get('trace')).toBe('1');
    expect(request?.headers['x-tag']).toBe('a');
    expect(request?.completedAtMs).toBeGreaterThanOrEqual(request?.arrivedAtMs ?? Number.NaN);
    expectRequestedModels(provider, 'small');
    expect(() => expectRequestedModels(provider, 'large')).toThrow('asked for [small], not for [large]');
  });

  it('knows when a client left in the middle of a stream', async () => {
    const asked = rawRequest(`${provider.url}/chat/completions`, chat('fault-f34', { stream: true }));
    const request = await provider.log.waitForRequest(({ model }) => model === 'fault-f34');
    await asked.firstPiece;
    expect(provider.log.openResponses).toBe(1);

    const leftAtMs = performance.now();
    asked.leave();
    await provider.log.waitForAbort(request);
    expect(request.abortedAtMs).toBeGreaterThanOrEqual(leftAtMs);
    expect(provider.log.aborted).toEqual([request]);
    await expectNoOpenRequests(provider);
  });

  it('does not call an abort what the provider did itself', async () => {
    await rawRequest(`${provider.url}/chat/completions`, chat('fault-f04')).answer;
    const request = await provider.log.waitForEnd(await provider.log.waitForRequest());
    expect(request.outcome).toBe('cut');
    await expect(provider.log.waitForAbort(request)).rejects.toThrow('Request 1 was not aborted: it was cut');
  });

  it('counts a request whose body never comes', async () => {
    const socket = connect(provider.port, '127.0.0.1');
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"model"');
    await new Promise((resolve) => setImmediate(resolve));
    const others = rawRequest(`${provider.url}/chat/completions`, chat('small'));
    await others.answer;
    socket.destroy();
    await provider.log.waitUntilQuiet();
    const half = provider.log.requests.find((request) => request.model === undefined);
    expect(half).toMatchObject({ outcome: 'aborted', bodyText: '', body: undefined });
  });

  it('tells which requests shared a connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const model of ['one', 'two'])
      await rawRequest(`${provider.url}/chat/completions`, chat(model), { agent }).answer;
    await rawRequest(`${provider.url}/chat/completions`, chat('three'), { agent: new Agent() }).answer;
    const [one, two, three] = provider.log.requests.map((request) => request.socket);
    expect(one).toBe(two);
    expect(three).not.toBe(one);
    agent.destroy();
  });

  it('says which requests are still open when there should be none', async () => {
    const asked = rawRequest(`${provider.url}/chat/completions`, chat('fault-f05'));
    await provider.log.waitForRequest();
    await expect(expectNoOpenRequests(provider, 10)).rejects.toThrow('1 POST /v1/chat/completions (fault-f05)');
    asked.leave();
    await asked.answer;
  });

  it('forgets what was, on reset, but not what is still open', async () => {
    const asked = rawRequest(`${provider.url}/chat/completions`, chat('fault-f05'));
    await provider.log.waitForRequest();
    provider.log.reset();
    expect(provider.log.requests).toHaveLength(0);
    expect(provider.log.openResponses).toBe(1);
    asked.leave();
    await provider.log.waitUntilQuiet();
  });

  it('stands still under back-pressure when the client does not read', async () => {
    const flood = await startFakeProvider({ reply: () => 'word '.repeat(80_000) });
    const socket = connect(flood.port, '127.0.0.1').pause();
    const body = JSON.stringify(chat('small', { stream: true }));
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const request = await flood.log.waitForRequest();
    // Standing still is the absence of an event, so it has to be looked at twice.
    let before = -1;
    while (request.sentBytes !== before) {
      before = request.sentBytes;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(request.outcome).toBe('open');
    expect(request.sentBytes).toBeLessThan(15_000_000);
    socket.destroy();
    await flood.log.waitForAbort(request);
    await flood.close();
  });

  it('tells whoever still waits when the provider closes', async () => {
    const waiting = provider.log.waitForRequest();
    await provider.close();
    await expect(waiting).rejects.toThrow('The provider was closed before');
    expect(provider.log.openSockets).toBe(0);
  });
});
