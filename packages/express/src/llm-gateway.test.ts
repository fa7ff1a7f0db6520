import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ByteSink, Transport, UpstreamRequest } from '@portico/core/provider';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError, type ExpressGateway, llmGateway } from './index.js';

describe('llmGateway', () => {
  it("is a middleware: the app's own user makes the call (R-EMB-1)", async () => {
    const { asked, transport } = fakeTransport();
    const app = express();
    app.use((req, _res, next) => next(Object.assign(req, { user: { id: 'ada' } }) && undefined));
    app.use(
      '/llm',
      gatewayWith(transport, ({ req }) => (req as unknown as { user: { id: string } }).user),
    );

    const response = await post(`${await listen(app)}/llm/v1/chat/completions`, { model: 'fast', messages });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'hello' } }] });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers.authorization).toBe('Bearer sk-test');
  });

  it('answers everything below its mount in the shape clients read, errors too', async () => {
    const app = express().use(
      '/llm',
      gatewayWith(fakeTransport().transport, () => undefined),
    );
    const url = await listen(app);
    for (const [path, status, code] of [
      ['/llm/v1/chat/completions', 401, 'unauthenticated'],
      ['/llm/v1/nothing', 404, 'not_found'],
    ] as const) {
      const response = await post(url + path, { model: 'fast', messages: [] });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error: { code, message: expect.any(String) } });
    }
  });

  it('is the gateway: calls from inside the app go the same road, and are counted while they run', async () => {
    const { transport, finish } = fakeTransport({ hold: true });
    const gateway = gatewayWith(transport, () => undefined);
    expect(gateway.modelNames).toEqual(['fast']);
    expect(gateway.openCalls).toBe(0);
    const call = gateway.chat({ model: 'fast', messages }, { as: { id: 'job' } });
    await expect.poll(() => gateway.openCalls).toBe(1);
    finish();
    expect(await call).toMatchObject({ choices: [{ message: { content: 'hello' } }] });
    expect(gateway.openCalls).toBe(0);
    await gateway.close();
  });

  it('says at construction what is wrong, and where', () => {
    expect(() => llmGateway({ models: { fast: 'opnai/gpt-4o-mini' } })).toThrow(ConfigError);
    expect(() => llmGateway({ models: { fast: 'opnai/gpt-4o-mini' } })).toThrow(/models\.fast/);
  });
});

const messages = [{ role: 'user', content: 'hi' }];

function gatewayWith(
  transport: Transport,
  authenticate: Parameters<typeof llmGateway>[0]['authenticate'],
): ExpressGateway<'fast'> {
  return llmGateway({
    models: { fast: [{ model: 'openai/gpt-4o-mini', apiKey: 'sk-test' }] },
    transport,
    ...(authenticate === undefined ? {} : { authenticate }),
  });
}

function fakeTransport({ hold = false } = {}) {
  const asked: UpstreamRequest[] = [];
  const answer = JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }],
  });
  let finish = () => {};
  const transport: Transport = {
    async send(request) {
      asked.push(request);
      return {
        status: 200,
        headers: { get: (name) => (name === 'content-type' ? 'application/json' : undefined) },
        body: {
          start(sink: ByteSink) {
            finish = () => {
              sink.bytes(new TextEncoder().encode(answer));
              sink.end();
            };
            if (!hold) finish();
          },
          pause() {},
          resume() {},
          cancel() {},
        },
      };
    },
    async close() {},
  };
  return { asked, transport, finish: () => finish() };
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function listen(app: express.Express): Promise<string> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
