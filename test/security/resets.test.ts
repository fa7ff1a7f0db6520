import { createHash } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttp1Server } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, constants as http2 } from 'node:http2';
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Gateway } from '@portico/core';
import { attachRealtime, createGateway, nodeListener } from '@portico/node';
import { expectNoOpenRequests, type FakeProvider, seededRandom, startFakeProvider } from '@portico/testing';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { chatRequest, type OpenSocket, openSocket } from '../support/open-socket.js';
import { UPGRADING_HOSTS, upgradingHost } from '../support/upgrading-hosts.js';

// Every kind of socket that the gateway touches is reset (RST) at every step. The process stays up, no call and no socket is
// left, and the next client is served.

const KEY = 'pk-of-ada-0123456789-0123456789';
const UPSTREAM_KEY = 'sk-upstream-000000000000000000000000';
/** One reset may come too early or too late to meet the write; of several, one does. */
const TIMES = 12;

const thrown: unknown[] = [];
process.on('uncaughtException', (error) => thrown.push(error));

afterEach(() => expect(thrown.splice(0)).toEqual([]));

const HOSTS = Object.keys(UPGRADING_HOSTS);

describe.each(HOSTS)('a WebSocket behind %s may be reset', (host) => {
  it('at a path of nobody', async () => {
    const app = await start(host);
    for (const path of ['/', '/socket.io/?EIO=4', '/llm/v1/realtimes', '/llm']) await app.resetting({ path });
    await app.isWell();
  });

  it('at a path of nobody, where two gateways listen, and a client that stays is told that there is nothing', async () => {
    const app = await start(host);
    attachRealtime(app.server, app.gateway, { prefix: '/other' });
    await app.resetting({ path: '/' });
    const staying = await app.asking({ path: '/' });
    expect(await staying.closed).toMatch(/^HTTP\/1.1 404 /);
    await app.isWell();
  });

  it.each(['before', 'after'])('at a path of somebody else who was there %s it', async (when) => {
    const app = await start(host, { attached: when === 'after' });
    const theirs: string[] = [];
    app.server.on('upgrade', (req, socket) => {
      if (!req.url?.startsWith('/theirs')) return;
      theirs.push(req.url);
      // They have no listener for errors either, and take their time.
      setImmediate(() => socket.end('HTTP/1.1 418 Teapot\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
    });
    if (when === 'before') app.attach();
    await app.resetting({ path: '/theirs' });
    expect(await (await app.asking({ path: '/theirs' })).closed).toMatch(/^HTTP\/1.1 418 /);
    expect(theirs).not.toEqual([]);
    await app.isWell();
  });

  it('as soon as it has asked, with a key and without', async () => {
    const app = await start(host);
    await app.resetting({ key: 'pk-of-nobody-0123456789-0123456' });
    await app.resetting({});
    await app.resetting({ key: KEY, model: 'nothing' });
    await app.resetting({ key: KEY });
    await app.isWell();
  });

  it.each(['middleware', 'authenticate'] as const)('while the host decides, in its %s', async (where) => {
    const app = await start(host, { waitsIn: where });
    for (const key of [KEY, undefined]) {
      const clients = await Promise.all(Array.from({ length: TIMES }, () => app.asking({ key })));
      // With a key nobody asks the host's own hook.
      const waiting = where === 'middleware' || key === undefined ? TIMES : 0;
      await expect.poll(() => app.waiting.length).toBe(waiting);
      for (const client of clients) client.reset();
      for (const decide of app.waiting.splice(0)) decide();
      await Promise.all(clients.map(({ closed }) => closed));
    }
    await app.isWell();
  });

  it('while the vendor is asked, once it is open, and in the middle of a message', async () => {
    const app = await start(host);
    app.vendor.answers = false;
    const early = await app.asking({ key: KEY });
    await expect.poll(() => app.vendor.sockets.length).toBe(1);
    early.reset();
    await app.isIdle();
    app.vendor.answers = true;
    const open = await app.asking({ key: KEY });
    await open.waitFor('101 Switching');
    open.reset();
    await app.isIdle();
    const halfway = await app.asking({ key: KEY });
    await halfway.waitFor('101 Switching');
    halfway.write(Buffer.from([0x81, 0xfe, 0x40, 0x00, 1, 2, 3, 4, 5]));
    halfway.reset();
    await app.isIdle();
    await app.isWell();
  });

  it.each([
    ['before it answers', ''],
    ['in the first line of its answer', 'HTTP/1.1 '],
    ['in its refusal', 'HTTP/1.1 429 Slow\r\ncontent-length: 9000\r\ncontent-type: application/json\r\n\r\n{"error":'],
    ['once it is open', undefined],
  ])('by the vendor, %s', async (_, greeting) => {
    const app = await start(host);
    app.vendor.greeting = greeting;
    const client = await app.asking({ key: KEY });
    if (greeting === undefined) await client.waitFor('101 Switching');
    await expect.poll(() => app.vendor.sockets.length).toBe(1);
    for (const socket of app.vendor.sockets) socket.resetAndDestroy();
    if (greeting === undefined) {
      // It is told goodbye, and leaves without a word.
      await client.waitFor('upstream_error');
      client.reset();
    }
    expect(await client.closed).toMatch(greeting === undefined ? /^HTTP\/1.1 101 / : /^HTTP\/1.1 (?:429|5\d\d) /);
    await app.isWell();
  });
});

describe.each(HOSTS)('a request over HTTP/1.1 behind %s may be reset', (host) => {
  const key = `authorization: Bearer ${KEY}\r\n`;
  const whole = (model: string, stream: boolean) =>
    chatRequest({ model, stream, messages: [{ role: 'user', content: 'Hi' }] }, { headers: key });

  it.each([
    ['in its head', 'POST /llm/v1/chat/completions HTTP/1.1\r\nhost: app.ex'],
    ['after its head', `${whole('well', false).split('\r\n\r\n', 1)[0]}\r\n\r\n`],
    ['in its body', whole('well', false).slice(0, -9)],
    ['as soon as it is complete', whole('well', false)],
    ['as soon as it is complete, and refused', whole('nothing', false)],
    ['as soon as it is complete, without a key', whole('well', false).replace(KEY, 'pk-of-nobody-0123456789-01')],
    ['as soon as it is complete, asking for a stream', whole('well', true)],
  ])('%s', async (_, text) => {
    const app = await start(host);
    for (let time = 0; time < TIMES; time += 1) {
      const client = await openSocket(app.port);
      client.write(text);
      // Half of them once the bytes have had a turn to arrive.
      if (time % 2 === 1) await new Promise(setImmediate);
      client.reset();
      await client.closed;
    }
    await app.isWell();
  });

  it('while the vendor is silent, and in the middle of the answer', async () => {
    const app = await start(host);
    for (const stream of [false, true]) {
      const waiting = await openSocket(app.port);
      waiting.write(whole('silent', stream));
      await expect.poll(() => app.provider.log.openResponses).toBe(1);
      waiting.reset();
      await app.isIdle();
    }
    const reading = await openSocket(app.port);
    reading.write(whole('stalling', true));
    await reading.waitFor('data: ');
    reading.reset();
    await app.isIdle();
    await app.isWell();
  });

  it.each(['fault-f04', 'fault-f31-reset', 'fault-f33', 'fault-f45-reset'])('by the vendor: %s', async (model) => {
    const app = await start(host);
    for (const stream of [false, true]) await (await app.ask(model, stream)).text();
    await app.isWell();
  });

  it('in a packed form that is refused before its broken rest is read', async () => {
    const app = await start(host);
    const form = `--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nnonsense\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`;
    // What is packed well is read; then comes what no inflater understands.
    const packed = gzipSync(form + 'x'.repeat(100_000), { level: 0 });
    const broken = Buffer.concat([packed.subarray(0, 70_000), Buffer.alloc(60_000, 0xff)]);
    for (let time = 0; time < TIMES; time += 1) {
      const client = await openSocket(app.port);
      client.write(
        `POST /llm/v1/files HTTP/1.1\r\nhost: app.example\r\n${key}content-encoding: gzip\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: ${broken.length}\r\n\r\n`,
      );
      client.write(broken);
      await Promise.race([client.closed, client.waitFor('\r\n\r\n')]);
      client.reset();
      await client.closed;
    }
    await app.isWell();
  });
});

describe('a session of HTTP/2 may be reset', () => {
  const step = {
    'before anything is asked': { model: undefined, until: undefined, ends: false },
    'after the head of a request': { model: 'well', until: undefined, ends: false },
    'as soon as a request is complete': { model: 'well', until: undefined, ends: true },
    'while the vendor is silent': { model: 'silent', until: 'vendor', ends: true },
    'in the middle of the answer': { model: 'stalling', until: 'data', ends: true },
  } as const;

  it.each(Object.entries(step))('%s', async (_, { model, until, ends }) => {
    const app = await startHttp2();
    // The whole connection, or the one stream of it.
    for (const what of ['connection', 'stream']) {
      for (let time = 0; time < TIMES; time += 1) {
        const raw = connect(app.port, '127.0.0.1').on('error', () => undefined);
        const session = connectHttp2(`http://127.0.0.1:${app.port}`, { createConnection: () => raw });
        session.on('error', () => undefined);
        const closed = new Promise((resolve) => raw.once('close', resolve));
        await new Promise((resolve) => session.once('remoteSettings', resolve));
        if (model !== undefined) {
          const asked = session.request({
            ':method': 'POST',
            ':path': '/llm/v1/chat/completions',
            'content-type': 'application/json',
            authorization: `Bearer ${KEY}`,
          });
          asked.on('error', () => undefined);
          const data = new Promise((resolve) => asked.once('data', resolve));
          const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] });
          if (ends) asked.end(body);
          else asked.write(body.slice(0, 9));
          if (until === 'data') await data;
          if (until === 'vendor') await expect.poll(() => app.provider.log.openResponses).toBe(1);
          if (what === 'stream') {
            asked.close(http2.NGHTTP2_CANCEL);
            await new Promise((resolve) => asked.once('close', resolve));
          }
        }
        raw.resetAndDestroy();
        await closed;
        session.destroy();
      }
    }
    await app.isIdle();
  });
});

/** In `npm test` some two thousand in all; whoever wants more says how many for each host. */
const BROKEN = Number(process.env.PORTICO_BROKEN_CONNECTIONS ?? 280);
const AT_ONCE = 16;

describe.each(HOSTS)('connections behind %s that break at random points', (host) => {
  it('leave no call, no socket and no request to the vendor', { timeout: 20_000 + BROKEN * 50 }, async () => {
    const app = await start(host);
    const random = seededRandom(HOSTS.indexOf(host) + 1);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    const texts = requestTexts();
    let left = BROKEN;
    const breakOne = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const text = pick(texts);
        // A third of them is sent whole, so that the answer is what breaks.
        const sent = random() < 0.34 ? text.length : Math.floor(random() * text.length);
        const [first, turns, isReset] = [Math.floor(random() * sent), Math.floor(random() * 40), random() < 0.7];
        const client = await openSocket(app.port);
        client.write(text.subarray(0, first));
        await new Promise(setImmediate);
        client.write(text.subarray(first, sent));
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
        if (isReset) client.reset();
        else client.leave();
        await client.closed;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, breakOne));
    await app.isWell();
  });
});

describe('sessions of HTTP/2 that break at random points', () => {
  it('leave no call, no socket and no request to the vendor', { timeout: 20_000 + BROKEN * 50 }, async () => {
    const app = await startHttp2();
    const random = seededRandom(99);
    for (let number = 0; number < BROKEN; number += 1) {
      const raw = connect(app.port, '127.0.0.1').on('error', () => undefined);
      const closed = new Promise((resolve) => raw.once('close', resolve));
      const session = connectHttp2(`http://127.0.0.1:${app.port}`, { createConnection: () => raw });
      session.on('error', () => undefined);
      for (let stream = 0; stream < Math.floor(random() * 4); stream += 1) {
        const asked = session.request({
          ':method': 'POST',
          ':path': '/llm/v1/chat/completions',
          'content-type': 'application/json',
          authorization: `Bearer ${KEY}`,
        });
        asked.on('error', () => undefined);
        const model = ['well', 'silent', 'stalling'][Math.floor(random() * 3)];
        const body = JSON.stringify({ model, stream: random() < 0.5, messages: [{ role: 'user', content: 'Hi' }] });
        asked.write(body.slice(0, Math.floor(random() * body.length)));
        if (random() < 0.6) asked.end(body);
      }
      for (let turn = 0; turn < Math.floor(random() * 40); turn += 1) await new Promise(setImmediate);
      if (random() < 0.7) raw.resetAndDestroy();
      else raw.destroy();
      await closed;
      session.destroy();
    }
    await app.isIdle();
  });
});

/** Requests of every kind, as bytes. */
function requestTexts(): Buffer[] {
  const key = `authorization: Bearer ${KEY}\r\n`;
  const said = [{ role: 'user', content: 'Hi' }];
  const post = (path: string, body: object) => {
    const text = JSON.stringify(body);
    return `POST /llm/v1${path} HTTP/1.1\r\nhost: app.example\r\n${key}content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  };
  const form = `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwell\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n${'x'.repeat(70_000)}\r\n--b--\r\n`;
  const frames = Buffer.from([
    0x81, 0x82, 1, 2, 3, 4, 0x7a, 0x7f, 0x89, 0x80, 1, 2, 3, 4, 0x81, 0xfe, 0x40, 0x00, 1, 2,
  ]);
  const upgrade = `GET /llm/v1/realtime?model=talk HTTP/1.1\r\nhost: app.example\r\n${key}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
  const texts: (string | Buffer)[] = [
    ...['well', 'silent', 'stalling', 'nothing'].flatMap((model) =>
      [true, false].map((stream) => post('/chat/completions', { model, stream, messages: said })),
    ),
    post('/messages', { model: 'well', stream: true, max_tokens: 9, messages: said }),
    post('/chat/completions', { model: 'well', messages: [{ role: 'user', content: 'x'.repeat(200_000) }] }),
    `POST /llm/v1/audio/transcriptions HTTP/1.1\r\nhost: app.example\r\n${key}content-type: multipart/form-data; boundary=b\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
    Buffer.concat([Buffer.from(upgrade), frames]),
    upgrade.replace('/v1/realtime', '/elsewhere'),
  ];
  return texts.map((text) => Buffer.from(text));
}

it('something of the host that ends an answer between two writes of ours does not end the process', async () => {
  const provider = await startFakeProvider({ tokenDelayMs: 1 });
  const gateway = createGateway({
    keys: [{ key: KEY, principal: { id: 'ada' } }],
    models: { well: [{ model: 'openai/well', baseUrl: provider.url, apiKey: UPSTREAM_KEY }] },
  });
  const listener = nodeListener(gateway, { prefix: '/llm' });
  const server = createHttp1Server((req, res) => {
    listener(req, res);
    const { write } = res;
    // As a middleware with a deadline of its own does.
    res.write = ((...given: unknown[]) => {
      const room = Reflect.apply(write, res, given) as boolean;
      if (!res.writableEnded) res.end();
      return room;
    }) as typeof res.write;
  });
  const port = await listen(server, gateway);
  onTestFinished(() => provider.close());
  await (await ask(port, 'well', true)).text();
  await expect.poll(() => gateway.openCalls).toBe(0);
  await expectNoOpenRequests(provider);
});

interface Asked {
  readonly path?: string;
  readonly key?: string | undefined;
  readonly model?: string;
}

interface Started {
  /** Whether the gateway listens for WebSockets from the start. Default true. */
  readonly attached?: boolean;
  /** Where the host waits until a test lets it go on. */
  readonly waitsIn?: 'middleware' | 'authenticate';
}

async function start(host: string, { attached = true, waitsIn }: Started = {}) {
  const provider = await startFakeProvider();
  const vendor = await startVendor();
  const waiting: (() => void)[] = [];
  const isHeld = (where: string) =>
    new Promise<void>((resolve) => void (where === waitsIn ? waiting.push(resolve) : resolve()));
  const { server, gateway } = await upgradingHost(host, {
    ...configOn(provider),
    models: {
      ...configOn(provider).models,
      talk: [{ model: 'openai/gpt-realtime', baseUrl: `http://127.0.0.1:${vendor.port}/v1`, apiKey: UPSTREAM_KEY }],
    },
    async authenticate() {
      await isHeld('authenticate');
      return undefined;
    },
  });
  const use = async (_req: IncomingMessage, _res: ServerResponse, next: () => void): Promise<void> => {
    await isHeld('middleware');
    next();
  };
  const attach = () => attachRealtime(server, gateway, { prefix: '/llm', use: [use as never] });
  if (attached) attach();
  const port = await listen(server, gateway);
  onTestFinished(() => provider.close());

  async function asking({ path, key, model = 'talk' }: Asked): Promise<OpenSocket> {
    const client = await openSocket(port);
    const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`;
    client.write(
      `GET ${path ?? `/llm/v1/realtime?model=${model}`} HTTP/1.1\r\nhost: app.example\r\n${authorization}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    return client;
  }

  async function isIdle(): Promise<void> {
    await expect.poll(() => gateway.openCalls).toBe(0);
    await expect.poll(() => connectionsOf(server)).toBe(0);
    await expect.poll(() => vendor.sockets.filter((socket) => !socket.destroyed).length).toBe(0);
    vendor.sockets.length = 0;
    await expectNoOpenRequests(provider);
  }

  return {
    server,
    gateway,
    port,
    provider,
    vendor,
    waiting,
    attach,
    asking,
    isIdle,
    ask: (model: string, stream: boolean) => ask(port, model, stream),
    /** Asks and resets, several times over: at once, and when the server has had a turn. */
    async resetting(asked: Asked): Promise<void> {
      for (let time = 0; time < TIMES; time += 1) {
        const client = await asking(asked);
        for (let turn = 0; turn < time % 4; turn += 1) await new Promise(setImmediate);
        client.reset();
        await client.closed;
      }
    },
    async isWell(): Promise<void> {
      await isIdle();
      expect((await ask(port, 'well', false)).status).toBe(200);
    },
  };
}

async function startHttp2() {
  const provider = await startFakeProvider();
  const gateway = createGateway(configOn(provider));
  const server = createHttp2Server(nodeListener(gateway, { prefix: '/llm' }));
  const port = await listen(server, gateway);
  onTestFinished(() => provider.close());
  return {
    port,
    provider,
    async isIdle(): Promise<void> {
      await expect.poll(() => gateway.openCalls).toBe(0);
      await expect.poll(() => connectionsOf(server)).toBe(0);
      await expectNoOpenRequests(provider);
    },
  };
}

function configOn(provider: FakeProvider) {
  const names: Record<string, string> = { well: 'well', silent: 'fault-f05', stalling: 'fault-f34' };
  for (const fault of ['fault-f04', 'fault-f31-reset', 'fault-f33', 'fault-f45-reset']) names[fault] = fault;
  const deployment = (model: string) => [{ model: `openai/${model}`, baseUrl: provider.url, apiKey: UPSTREAM_KEY }];
  return {
    keys: [{ key: KEY, principal: { id: 'ada' } }],
    retries: { maxRetries: 0 },
    models: Object.fromEntries(Object.entries(names).map(([name, model]) => [name, deployment(model)])),
  };
}

/** A vendor of conversations that accepts, keeps silent, or sends half of an answer. */
async function startVendor() {
  const sockets: Socket[] = [];
  const vendor = { port: 0, sockets, answers: true, greeting: undefined as string | undefined };
  const server = createHttp1Server().on('upgrade', (req, upgraded) => {
    const socket = upgraded as Socket; // of a server of node:http it is one
    // To whatever it is told, and to a goodbye, it says goodbye.
    socket
      .on('error', () => undefined)
      .on('data', () => socket.end())
      .on('end', () => socket.end());
    if (vendor.greeting !== undefined) socket.write(vendor.greeting);
    else if (vendor.answers) socket.write(`${ACCEPTED}${acceptanceOf(req.headers['sec-websocket-key'] ?? '')}\r\n\r\n`);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  vendor.port = (server.address() as AddressInfo).port; // it listens on TCP
  return vendor;
}

const ACCEPTED =
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ';

/** RFC 6455 §4.2.2. */
function acceptanceOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

async function ask(port: number, model: string, stream: boolean): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/llm/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}`, connection: 'close' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}

type AnyServer = Pick<NetServer, 'listen' | 'close' | 'address' | 'getConnections'>;

async function listen(server: AnyServer, gateway: Gateway<never>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await gateway.close({ graceMs: 0 });
    server.close();
    if ('closeAllConnections' in server) (server as Server).closeAllConnections();
  });
  return (server.address() as AddressInfo).port; // it listens on TCP
}

function connectionsOf(server: AnyServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
