import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway, nodeListener } from '@portico/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerChat, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

/** A host on node:http whose only caller has these limits, and a vendor that answers when it is let. */
async function startHost(limits: object) {
  const answers: (() => void)[] = [];
  const vendor = await startVendor((_request, response) => {
    answers.push(() => answerChat(response, { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }));
  });
  const gateway = createGateway({
    models: { fast: [{ model: 'openai/m', baseUrl: `${vendor.origin}/v1`, apiKey: VENDOR_KEY }] },
    anonymous: { id: 'ada', limits },
    csrf: false,
  });
  const server = createServer(nodeListener(gateway));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const answer of answers.splice(0)) answer();
    server.closeAllConnections();
    server.close();
    await gateway.close({ graceMs: 0 });
  });
  return { port: (server.address() as AddressInfo).port, vendor, answers };
}

/** Sends the head and the first bytes of a long body, and no more until it is answered. */
function begin(port: number, path: string, type: string, start: string, length: number | undefined) {
  const headers = { 'content-type': type, ...(length !== undefined && { 'content-length': length }) };
  const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path, headers });
  outgoing.on('error', () => {});
  outgoing.write(start);
  const answer = new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve));
  return { outgoing, answer };
}

const LONG = 14 * 1024 * 1024;
const JSON_START = '{"model":"fast","messages":[{"role":"user","content":"';
const FORM_START = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';

describe.each([
  ['JSON with its length', '/v1/chat/completions', 'application/json', JSON_START, LONG],
  ['JSON in chunks', '/v1/chat/completions', 'application/json', JSON_START, undefined],
  ['a form', '/v1/audio/transcriptions', 'multipart/form-data; boundary=x', FORM_START, LONG],
] as const)('a long body (%s) of a caller', (_what, path, type, start, length) => {
  it('who has no request left is refused before it is read', async () => {
    const { port, vendor } = await startHost({ requestsPerMinute: 0 });
    const { outgoing, answer } = begin(port, path, type, start, length);
    const { statusCode, headers } = await answer;
    expect(statusCode).toBe(429);
    expect(headers['retry-after'] ?? headers['x-should-retry']).toBeDefined();
    expect(headers.connection).toBe('close');
    expect(vendor.requests).toEqual([]);
    outgoing.destroy();
  });

  it('who sends more of them at once than it may make calls is refused all but those', async () => {
    const { port } = await startHost({ concurrentCalls: 1 });
    const all = Array.from({ length: 5 }, () => begin(port, path, type, start, length));
    const statuses: unknown[] = [];
    for (const { answer } of all) void answer.then(({ statusCode }) => statuses.push(statusCode));
    await expect.poll(() => statuses).toEqual([429, 429, 429, 429]);
    for (const { outgoing } of all) outgoing.destroy();
  });
});

describe('a short body', () => {
  it('is read at once: what it may do is decided when the call is admitted', async () => {
    const { port, answers } = await startHost({ requestsPerMinute: 1, concurrentCalls: 1 });
    const body = `${JSON_START}Hi"}]}`;
    const { outgoing, answer } = begin(port, '/v1/chat/completions', 'application/json', body, body.length);
    outgoing.end();
    await expect.poll(() => answers.length).toBe(1);
    answers.shift()?.();
    expect((await answer).statusCode).toBe(200);
  });
});
