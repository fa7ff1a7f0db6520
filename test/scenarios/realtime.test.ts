import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type createConnection } from 'node:net';
import type { Gateway, UsageRecord } from '@portico/core';
import { llmGateway as expressGateway } from '@portico/express';
import { attachRealtime } from '@portico/node';
import express from 'express';
import session from 'express-session';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { QUICK, UPSTREAM_KEY } from '../support/gateway-on.js';
import { type RealtimeProvider, startRealtimeProvider } from '../support/realtime-provider.js';
import { UPGRADING_HOSTS, upgradingHost } from '../support/upgrading-hosts.js';

const KEY = 'pk-of-ada-0123456789-0123456789';
const SECRET = 'the-secret-of-these-tests-0123456789';

describe.each(Object.keys(UPGRADING_HOSTS))('a conversation behind %s', (host) => {
  it('is held by the official client, and is one record with all that was used (R-BUD-4)', async () => {
    const { port, provider, records, gateway } = await start({}, host);
    const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/llm/v1`, apiKey: KEY });
    const spoken = new OpenAIRealtimeWS({ model: 'talk', options: { createConnection: inPlain } }, client);
    const heard: string[] = [];
    spoken.on('event', ({ type }) => heard.push(type));
    await new Promise((resolve) => spoken.once('session.created', resolve));
    spoken.send({ type: 'session.update', session: { type: 'realtime', model: 'talk', instructions: 'Be brief.' } });
    for (let answer = 0; answer < 2; answer += 1) {
      const done = new Promise((resolve) => spoken.once('response.done', resolve));
      spoken.send({ type: 'response.create' });
      await done;
    }
    expect(gateway.openCalls).toBe(1);
    spoken.close({ code: 1000, reason: 'bye' });
    await expect.poll(() => gateway.openCalls).toBe(0);
    expect(heard).toContain('response.output_text.delta');

    const [upstream] = provider.sessions;
    expect(upstream?.url).toBe('/v1/realtime?model=gpt-realtime');
    expect(upstream?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);
    expect(upstream?.headers['sec-websocket-extensions']).toBeUndefined();
    expect(upstream?.heard[0]).toEqual({
      type: 'session.update',
      session: { type: 'realtime', instructions: 'Be brief.' },
    });
    await expect.poll(() => upstream?.closed?.code).toBe(1000);
    await gateway.close();
    expect(records).toMatchObject([
      {
        operation: 'realtime',
        principal: { id: 'ada' },
        requestedModel: 'talk',
        model: 'gpt-realtime',
        outcome: 'ok',
        usage: { inputTokens: 8, audioInputTokens: 32, outputTokens: 6, audioOutputTokens: 14 },
        costNanoUsd: 2 * (20 * 1_000 + 10 * 2_000),
      },
    ]);
  });
});

describe('who may converse', () => {
  it('shows a key or a token as browsers can: as a subprotocol, which is never said back', async () => {
    const { open, gateway, provider } = await start({ tokens: { secret: SECRET } });
    for (const shown of [KEY, (await gateway.issueToken({ id: 'bob' })).token]) {
      const socket = open('talk', ['realtime', `openai-insecure-api-key.${shown}`], {});
      await message(socket);
      expect(socket.protocol).toBe('realtime');
      socket.close();
    }
    expect(JSON.stringify(provider.sessions.map(({ headers }) => headers))).not.toContain('insecure');
  });

  it('is 401 with a wrong key, 404 for a model that is not there, 403 for who may not (c06, c08)', async () => {
    const limited = 'pk-of-eve-0123456789-0123456789';
    const { open, provider } = await start({
      keys: [
        { key: KEY, principal: { id: 'ada' } },
        { key: limited, principal: { id: 'eve', operations: ['chat.completions'] } },
      ],
    });
    expect(await refusal(open('talk', [], {}))).toMatchObject([401, { code: 'unauthenticated' }]);
    expect(await refusal(open('talk', [], bearer('pk-of-nobody-0123456789-0123456')))).toMatchObject([401, {}]);
    expect(await refusal(open('sing', [], bearer(KEY)))).toMatchObject([404, { code: 'model_not_found' }]);
    expect(await refusal(open('talk', [], bearer(limited)))).toMatchObject([403, {}]);
    expect(provider.sessions).toEqual([]);
  });

  it('is known by the session of the host, and not from another site (R21)', async () => {
    const app = express();
    const sessions = session({ secret: 'keyboard cat', resave: false, saveUninitialized: false });
    app.use(sessions);
    app.get('/login', (req, res) => {
      (req.session as unknown as { user: string }).user = 'ada';
      res.end();
    });
    const provider = await startRealtimeProvider(UPSTREAM_KEY);
    const gateway = expressGateway({
      models: { talk: deployment(provider) },
      authenticate({ req }) {
        const { user } = req.session as unknown as { user?: string };
        return user === undefined ? undefined : { id: user };
      },
    });
    app.use('/llm', gateway);
    const port = await listen(createServer(app), gateway, { use: [sessions] });
    const { headers } = await fetch(`http://127.0.0.1:${port}/login`);
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
    const url = `ws://127.0.0.1:${port}/llm/v1/realtime?model=talk`;
    const own = new WebSocket(url, { headers: { cookie, origin: `http://127.0.0.1:${port}` } });
    await message(own);
    own.close();
    expect(await refusal(new WebSocket(url, { headers: { cookie, origin: 'https://evil.example' } }))).toMatchObject([
      403,
      { code: 'cross_site' },
    ]);
    expect(await refusal(new WebSocket(url))).toMatchObject([401, {}]);
    expect(provider.sessions[0]?.headers.cookie).toBeUndefined();
  });

  it('is limited to as many conversations at a time as calls (R-BUD-4)', async () => {
    const { open, gateway } = await start({
      keys: [{ key: KEY, principal: { id: 'ada', limits: { concurrentCalls: 1 } } }],
    });
    const first = open('talk', [], bearer(KEY));
    await message(first);
    expect(await refusal(open('talk', [], bearer(KEY)))).toMatchObject([429, {}]);
    first.close();
    await expect.poll(() => gateway.openCalls).toBe(0);
    await message(open('talk', [], bearer(KEY)));
  });
});

describe('a conversation ends', () => {
  it('with the answer that leaves no budget for another, and the next is refused (R-BUD-4, c09)', async () => {
    const principal = { id: 'ada', budget: { usd: 0.000_1, per: 'total' as const } };
    const { open, records, gateway } = await start({ keys: [{ key: KEY, principal }] }, 'node:http', 10);
    const socket = open('talk', [], bearer(KEY));
    const events = collect(socket);
    await message(socket);
    socket.send('{"type":"response.create"}');
    await expect.poll(() => events.types).toContain('response.done');
    socket.send('{"type":"response.create"}');
    expect(await closing(socket)).toEqual([1008, 'insufficient_quota']);
    expect(events.last).toMatchObject({ type: 'error', error: { code: 'insufficient_quota' } });
    expect(await refusal(open('talk', [], bearer(KEY)))).toMatchObject([429, { code: 'insufficient_quota' }]);
    await gateway.close();
    expect(records).toMatchObject([{ outcome: 'incomplete', failure: 'over_budget', costNanoUsd: 80_000 }]);
  });

  it('when its caller is revoked, when the gateway closes, and when its time is over', async () => {
    const { open, gateway, provider } = await start({});
    const revoked = open('talk', [], bearer(KEY));
    await message(revoked);
    expect(gateway.revoke('ada')).toBe(1);
    expect(await closing(revoked)).toEqual([1008, 'revoked']);
    const drained = open('talk', [], bearer(KEY));
    await message(drained);
    const closed = gateway.close({ graceMs: 10 });
    expect(await closing(drained)).toEqual([1001, 'unavailable']);
    await closed;
    await expect.poll(() => provider.sessions.map(({ closed: end }) => end?.code)).toEqual([1000, 1000]);

    const short = await start({ maxSessionMs: 50 });
    const timed = short.open('talk', [], bearer(KEY));
    await message(timed);
    expect(await closing(timed)).toEqual([1001, 'timeout']);
  });

  it('when the vendor ends it, with the reason, and the ledger says how', async () => {
    const { open, gateway, provider, records } = await start({});
    const socket = open('talk', [], bearer(KEY));
    const events = collect(socket);
    await message(socket);
    provider.sessions[0]?.socket.close(4000, 'session expired');
    expect(await closing(socket)).toEqual([4000, 'upstream_error']);
    expect(events.last).toMatchObject({
      type: 'error',
      error: { message: expect.stringContaining('session expired') },
    });
    const broken = open('talk', [], bearer(KEY));
    await message(broken);
    provider.sessions[1]?.socket.terminate();
    expect(await closing(broken)).toEqual([1011, 'upstream_error']);
    await gateway.close();
    expect(records.map(({ outcome, failure }) => [outcome, failure])).toEqual([
      ['incomplete', 'upstream_error'],
      ['incomplete', 'upstream_error'],
    ]);
  });

  it('when the client breaks off, and the vendor hears of it at once (c01)', async () => {
    const { open, gateway, provider, records } = await start({});
    const socket = open('talk', [], bearer(KEY));
    await message(socket);
    socket.terminate();
    await expect.poll(() => provider.sessions[0]?.closed?.code).toBe(1000);
    await gateway.close();
    expect(records).toMatchObject([{ outcome: 'client_gone', failure: 'client_closed' }]);
  });
});

describe('a conversation that cannot begin', () => {
  it('is refused as the vendor refused it, and never shows the credential (R-LOG-2)', async () => {
    const { open, provider } = await start({ retries: { maxRetries: 0 } });
    provider.refuseWith = {
      status: 429,
      body: { error: { message: `Slow down, ${UPSTREAM_KEY}`, code: 'rate_limit_exceeded' } },
    };
    const [status, error] = await refusal(open('talk', [], bearer(KEY)));
    expect(status).toBe(429);
    expect(JSON.stringify(error)).not.toContain(UPSTREAM_KEY);
  });

  it('begins with the next deployment where one is down', async () => {
    const down = { ...deployment({ origin: 'http://127.0.0.1:9' })[0], weight: 1_000_000 };
    const provider = await startRealtimeProvider(UPSTREAM_KEY);
    const { open } = await start({ models: { talk: [down, ...deployment(provider)] } });
    await message(open('talk', [], bearer(KEY)));
    expect(provider.sessions).toHaveLength(1);
  });

  it('is no conversation where no WebSocket was asked for, and other sockets are left to the host', async () => {
    const { port, server } = await start({});
    const plain = await fetch(`http://127.0.0.1:${port}/llm/v1/realtime?model=talk`, { headers: bearer(KEY) });
    expect(plain.status).toBe(426);
    expect(await refusal(new WebSocket(`ws://127.0.0.1:${port}/chat`))).toMatchObject([404, undefined]);
    server.on('upgrade', (req, socket) => {
      if (req.url === '/chat') socket.end('HTTP/1.1 418 Teapot\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
    expect(await refusal(new WebSocket(`ws://127.0.0.1:${port}/chat`))).toMatchObject([418, undefined]);
  });
});

it('a reader that stops reading stops the vendor, and nothing is lost when it goes on (c02)', async () => {
  const { open, provider } = await start({});
  const socket = open('talk', [], bearer(KEY));
  await message(socket);
  socket.pause();
  const vendor = provider.sessions[0]?.socket as WebSocket;
  const piece = 'x'.repeat(256 * 1024);
  for (let at = 0; at < 400; at += 1)
    vendor.send(JSON.stringify({ type: 'response.output_audio.delta', at, delta: piece }));
  // 100 MB are said; what the gateway and the sockets between take of it is a small part.
  await stillness(() => vendor.bufferedAmount);
  expect(vendor.bufferedAmount).toBeGreaterThan(60 * 1024 * 1024);
  const seen: unknown[] = [];
  socket.on('message', (data: Buffer) => seen.push((JSON.parse(data.toString()) as { at: unknown }).at));
  socket.resume();
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(400);
  expect(seen).toEqual(Array.from({ length: 400 }, (_, at) => at));
}, 30_000);

async function start(config: object, host = 'node:http', maxOutputTokens = 4_096) {
  const provider = await startRealtimeProvider(UPSTREAM_KEY);
  const records: UsageRecord[] = [];
  const { server, gateway } = await upgradingHost(host, {
    retries: QUICK.retries,
    models: { talk: deployment(provider, maxOutputTokens) },
    keys: [{ key: KEY, principal: { id: 'ada' } }],
    onUsage: (record: UsageRecord) => void records.push(record),
    ...config,
  });
  const port = await listen(server, gateway, {});
  const open = (model: string, protocols: string[], headers: Record<string, string>) =>
    new WebSocket(`ws://127.0.0.1:${port}/llm/v1/realtime?model=${model}`, protocols, { headers });
  return { port, server, provider, records, gateway, open };
}

async function listen(server: Server, gateway: Gateway<never>, options: object): Promise<number> {
  attachRealtime(server, gateway, { prefix: '/llm', ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await gateway.close({ graceMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port; // it listens on TCP
}

function deployment({ origin }: Pick<RealtimeProvider, 'origin'>, maxOutputTokens = 4_096) {
  const price = { input: 1, output: 2 };
  return [{ model: 'openai/gpt-realtime', baseUrl: `${origin}/v1`, apiKey: UPSTREAM_KEY, price, maxOutputTokens }];
}

/** The client asks for TLS whatever its base URL says; the server of a test has none. */
const inPlain = ((options: { port: number; host: string }) =>
  connect(options.port, options.host)) as unknown as typeof createConnection;

function bearer(key: string) {
  return { authorization: `Bearer ${key}` };
}

function message(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString())));
    socket.once('error', reject);
  });
}

function collect(socket: WebSocket) {
  const events: { type: string }[] = [];
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString()) as { type: string }));
  return {
    get types() {
      return events.map(({ type }) => type);
    },
    get last() {
      return events.at(-1);
    },
  };
}

/** Until a number has stayed the same for a while. */
async function stillness(read: () => number): Promise<void> {
  let last = Number.NaN;
  await expect
    .poll(
      () => {
        const same = read() === last;
        last = read();
        return same;
      },
      { interval: 100, timeout: 10_000 },
    )
    .toBe(true);
}

function closing(socket: WebSocket): Promise<[number, string]> {
  return new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, reason.toString()])));
}

/** The status and the error with which a handshake was refused. */
function refusal(socket: WebSocket): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('it was accepted')));
    socket.on('error', () => undefined);
    socket.once('unexpected-response', (_req, response) => {
      let text = '';
      response.on('data', (piece) => (text += String(piece)));
      response.on('end', () =>
        resolve([response.statusCode ?? 0, text === '' ? undefined : (JSON.parse(text) as { error: unknown }).error]),
      );
    });
  });
}
