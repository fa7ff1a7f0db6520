import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { GatewayError } from '@portico/core';
import type { EventsSink, EventsSource, IncomingRequest, Reply } from '@portico/core/mount';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveNode } from './serve-node.js';
import type { NodeRequest, NodeResponse, ServeOptions } from './serve-options.js';

describe('a request', () => {
  it('is seen by the gateway as the framework parsed it', async () => {
    const seen: unknown[] = [];
    const { url } = await serve((request) => {
      seen.push(request.method, request.path, request.host, request.header('x-one'), request.header('x-none'));
      seen.push(request.ip, request.authority === new URL(url).host);
      return json('{}');
    });
    await fetch(url, { method: 'PUT', headers: { 'X-One': '1' }, body: 'x' });
    expect(seen).toEqual(['PUT', '/v1/x', 'host', '1', undefined, '127.0.0.1', true]);
  });

  it('has the address and authority the framework resolved', async () => {
    const seen: unknown[] = [];
    const { url } = await serve(
      (request) => {
        seen.push(request.ip, request.authority);
        return json('{}');
      },
      { ip: '203.0.113.7', authority: 'app.example:8443' },
    );
    await fetch(url);
    expect(seen).toEqual(['203.0.113.7', 'app.example:8443']);
  });

  it('is left alone if the host has answered, or the client has gone', async () => {
    let asked = 0;
    const gateway = gatewayOf(() => {
      asked += 1;
      return json('{}');
    });
    const { url } = await serveWith((req, res) => {
      res.end('from the host');
      serveNode(gateway, req, res, { path: '/', host: 'host' });
    });
    expect(await (await fetch(url)).text()).toBe('from the host');

    const left = await serveWith(async (req, res) => {
      await once(res, 'close');
      serveNode(gateway, req, res, { path: '/', host: 'host' });
    });
    const client = await rawClient(left.url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    client.socket.destroy();
    await pause(50);
    expect(asked).toBe(0);
  });
});

describe('a body nobody has read (R9)', () => {
  const body = JSON.stringify({ text: 'grüße '.repeat(20_000) });

  it('is read whole', async () => {
    const { url } = await serve(echo);
    expect(await (await post(url, body)).text()).toBe(body);
  });

  it('is read whole though it came in pieces without a length', async () => {
    const { url } = await serve(echo);
    const response = await fetch(url, {
      method: 'POST',
      body: streamOf([body.slice(0, 9), body.slice(9)]),
      duplex: 'half',
    } as RequestInit);
    expect(await response.text()).toBe(body);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('is unpacked from %s', async (encoding, pack) => {
    const { url } = await serve(echo);
    const response = await post(url, pack(body), { 'content-encoding': encoding });
    expect(await response.text()).toBe(body);
  });

  it('that is packed and broken, or packed in a way nobody knows, is refused', async () => {
    const { url } = await serve(echo);
    expect(await errorOf(post(url, 'not gzip', { 'content-encoding': 'gzip' }))).toEqual([
      400,
      'The body cannot be decompressed as gzip.',
    ]);
    const [status, message] = await errorOf(post(url, 'x', { 'content-encoding': 'zstd' }));
    expect(status).toBe(415);
    expect(message).toContain('"zstd"');
  });

  it('may be empty', async () => {
    const { url } = await serve(echo);
    expect(await (await post(url, '')).text()).toBe('');
  });

  it('is read although the host has set an empty req.body: only the stream knows', async () => {
    const { url } = await serve(echo, { parsedBody: {} });
    expect(await (await post(url, body)).text()).toBe(body);
  });

  it('is read after the host has thought about the request for a while', async () => {
    const { url } = await serve(async (request) => {
      await pause(30);
      return echo(request);
    });
    expect(await (await post(url, body)).text()).toBe(body);
  });
});

describe('a body the host has consumed (R9)', () => {
  it.each([
    ['an object', { model: 'm' }, { kind: 'parsed', value: { model: 'm' } }],
    ['an array', [1], { kind: 'parsed', value: [1] }],
    ['a string', '{"a":1}', { kind: 'bytes', text: '{"a":1}' }],
    ['a Buffer', Buffer.from('{"a":1}'), { kind: 'bytes', text: '{"a":1}' }],
  ])('is taken as it was left: %s', async (_, parsedBody, expected) => {
    const { url } = await serveConsumed({ parsedBody });
    expect(await (await post(url, '{}')).json()).toEqual(expected);
  });

  it('is taken from rawBody where that is all there is', async () => {
    const { url } = await serveConsumed({}, (req) => Object.assign(req, { rawBody: Buffer.from('{"raw":1}') }));
    expect(await (await post(url, '{}')).json()).toEqual({ kind: 'bytes', text: '{"raw":1}' });
  });

  it('and kept nothing of is refused at once, saying why', async () => {
    const { url } = await serveConsumed({});
    const [status, message] = await errorOf(post(url, '{}'));
    expect(status).toBe(400);
    expect(message).toContain('consumed the body and did not keep it');
  });

  it('is measured, too', async () => {
    const { url } = await serveConsumed({ parsedBody: 'x'.repeat(LIMIT + 1) });
    expect((await errorOf(post(url, '{}')))[0]).toBe(413);
  });

  function serveConsumed(options: Partial<ServeOptions<string>>, prepare: (req: IncomingMessage) => void = () => {}) {
    const gateway = gatewayOf(async (request) => {
      const { body } = request;
      if (body.kind === 'parsed') return json(JSON.stringify(body));
      const answer = await echo(request);
      return answer.status === 200 ? { ...answer, body: JSON.stringify({ kind: 'bytes', text: answer.body }) } : answer;
    });
    return serveWith(async (req, res) => {
      await readText(req);
      prepare(req);
      serveNode(gateway, req, res, { path: '/', host: 'host', ...options });
    });
  }
});

describe('a body over the limit (R10, c03)', () => {
  const tooLong = `The body is larger than the 200000 bytes this gateway accepts.`;

  it('is refused by its declared length, before anything of it is read', async () => {
    const { url, sockets } = await serve(echo);
    const client = await rawClient(url, `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${50 * MEGABYTE}\r\n\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 413 (?=[\s\S]*connection: close)(?=[\s\S]*200000 bytes)/i);
    const sent = client.flood(50 * MEGABYTE);
    await client.closed;
    await sent;
    expect(sockets[0]?.bytesRead).toBeLessThan(2 * MEGABYTE);
  });

  it('is refused by its real length, and the rest is not read', async () => {
    const { url, sockets } = await serve(echo);
    const client = await rawClient(url, 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    const sent = client.flood(50 * MEGABYTE, (piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 413 (?=[\s\S]*connection: close)/i);
    await client.closed;
    await sent;
    expect(sockets[0]?.bytesRead).toBeLessThan(2 * MEGABYTE);
  });

  it('is refused by its unpacked length', async () => {
    const { url } = await serve(echo);
    const packed = gzipSync('x'.repeat(MEGABYTE));
    expect(packed.length).toBeLessThan(LIMIT);
    expect(await errorOf(post(url, packed, { 'content-encoding': 'gzip' }))).toEqual([413, tooLong]);
  });

  it('is told to an ordinary client as well', async () => {
    const { url } = await serve(echo);
    expect(await errorOf(post(url, 'x'.repeat(LIMIT + 1)))).toEqual([413, tooLong]);
  });

  it('may be as long as the limit', async () => {
    const { url } = await serve(echo);
    expect(await (await post(url, 'x'.repeat(LIMIT))).text()).toHaveLength(LIMIT);
  });
});

describe('a body that does not come', () => {
  const half = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half":';

  it('and stops coming ends in a 408, and the connection with it (c05)', async () => {
    const { url } = await serve(echo, { bodyTimeoutMs: 40 });
    const client = await rawClient(url, half);
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 408 (?=[\s\S]*connection: close)(?=[\s\S]*for 40 ms)/i);
    await client.closed;
  });

  it('fast, but never stops for long, is read to its end', async () => {
    const { url } = await serve(echo, { bodyTimeoutMs: 100 });
    const client = await rawClient(url, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n');
    for (let index = 0; index < 10; index++) {
      await pause(20);
      client.socket.write('x');
    }
    expect(await client.answer()).toContain('xxxxxxxxxx');
  });

  it('because the client disconnected is told as such, and answered by nobody', async () => {
    const failures: unknown[] = [];
    const { url } = await serve(async ({ body }) => {
      try {
        if (body.kind === 'bytes') await body.read(LIMIT);
      } catch (error) {
        failures.push(error);
      }
      return json('{}');
    });
    const client = await rawClient(url, half);
    await pause(20);
    client.socket.destroy();
    await eventually(() => failures.length === 1);
    expect(failures[0]).toMatchObject({ kind: 'client_closed' });
  });
});

describe('a whole answer', () => {
  it('leaves in one write, with its length and the headers the host has set', async () => {
    const gateway = gatewayOf(() => ({
      kind: 'whole',
      status: 429,
      headers: ['content-type', 'application/json', 'retry-after', '3'],
      body: '{"ü":1}',
    }));
    const { url } = await serveWith((req, res) => {
      res.setHeader('x-host', 'kept');
      serveNode(gateway, req, res, { path: '/', host: 'host' });
    });
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const answer = await client.answer();
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    expect(answer).toContain('x-host: kept');
    expect(answer).toContain('retry-after: 3');
    expect(answer).toContain('Content-Length: 8');
    expect(client.pieces).toBe(1);
  });

  it('to HEAD has the length and no body', async () => {
    const { url } = await serve(() => json('{"data":[]}'));
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('11');
    expect(await response.text()).toBe('');
  });

  it('passes on no header that belongs to another connection (R30)', async () => {
    const hopByHop = [
      'connection',
      'x',
      'keep-alive',
      'timeout=9',
      'transfer-encoding',
      'chunked',
      'upgrade',
      'h2c',
      'te',
      'x',
      'content-length',
      '999',
    ];
    const { url } = await serve(() => ({
      kind: 'whole',
      status: 200,
      headers: ['x-kept', '1', ...hopByHop],
      body: '{}',
    }));
    const response = await fetch(url);
    expect(response.headers.get('x-kept')).toBe('1');
    expect(response.headers.get('content-length')).toBe('2');
    expect(response.headers.get('upgrade')).toBeNull();
    expect(await response.text()).toBe('{}');
  });

  it('is not the client leaving, although its request has been closed long since (R4)', async () => {
    const { url, gone } = await serve(async (request) => {
      const reply = await echo(request);
      await pause(10);
      return reply;
    });
    for (let index = 0; index < 3; index++) await (await post(url, '{}')).text();
    await pause(20);
    expect(gone()).toBe(0);
  });
});

describe('a stream of events', () => {
  it('opens before its first event, and each event leaves at once', async () => {
    const source = fakeSource();
    const { url } = await serve(() => events(source));
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
    for (const event of ['data: one\n\n', 'data: zwölf\n\n']) {
      source.sink?.write(event);
      await eventually(() => client.text().includes(event));
    }
    source.sink?.end();
    await eventually(() => client.text().endsWith('0\r\n\r\n'));
    expect(source.cancelled).toEqual([]);
  });

  it('is aborted within 100 ms when the client leaves in the middle (R1)', async () => {
    const source = fakeSource();
    const { url, gone } = await serve(() => events(source));
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.answer();
    source.sink?.write('data: one\n\n');
    client.socket.destroy();
    await eventually(() => source.cancelled.length > 0);
    expect(source.cancelled[0]).toMatchObject({ kind: 'client_closed' });
    expect(gone()).toBe(1);
    source.sink?.write('data: into the void\n\n');
    source.sink?.end();
  });

  it('is aborted when the client leaves before the head, whether or not its body was read (R2)', async () => {
    for (const readFirst of [true, false]) {
      let replied = false;
      const source = fakeSource();
      const { url, gone } = await serve(async (request) => {
        if (readFirst) await echo(request);
        await new Promise<void>((resolve) => request.onClientGone(resolve));
        replied = true;
        return events(source);
      });
      const client = await rawClient(url, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
      await pause(20);
      client.socket.destroy();
      await eventually(() => replied && source.cancelled.length === 1);
      expect(gone()).toBe(1);
      expect(source.sink).toBeUndefined();
    }
  });

  it('is held back while the client does not read: no memory fills up (R5, c02)', async () => {
    const source = fakeSource();
    const { url } = await serve(() => events(source));
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.answer();
    client.socket.pause();
    const event = `data: ${'x'.repeat(64 * 1024)}\n\n`;
    let sent = 0;
    const push = () => {
      while (!source.paused && sent < 100 * MEGABYTE) {
        source.sink?.write(event);
        sent += event.length;
      }
    };
    source.onResume = push;
    push();
    await pause(50);
    expect(sent).toBeLessThan(20 * MEGABYTE);
    const before = sent;
    client.socket.resume();
    await eventually(() => sent > before + 5 * MEGABYTE);
    client.socket.destroy();
  });

  it('is aborted when the client leaves while we wait for it to read (R6)', async () => {
    const source = fakeSource();
    const { url } = await serve(() => events(source));
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.answer();
    client.socket.pause();
    while (!source.paused) source.sink?.write(`data: ${'x'.repeat(64 * 1024)}\n\n`);
    client.socket.destroy();
    await eventually(() => source.cancelled.length > 0);
  });

  it('that is over is dropped when its reader does not read the rest (c02)', async () => {
    const source = fakeSource();
    const responses: ServerResponse[] = [];
    const { url } = await serveWith((req, res) => {
      responses.push(res);
      serveNode(
        gatewayOf(async () => events(source)),
        req,
        res,
        { path: '/v1/x', host: 'host' },
      );
    });
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.answer();
    client.socket.pause();
    while (!source.paused) source.sink?.write(`data: ${'x'.repeat(64 * 1024)}\n\n`);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    source.sink?.end();
    vi.advanceTimersByTime(9_999);
    expect(responses[0]?.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    expect(responses[0]?.destroyed).toBe(true);
    client.socket.destroy();
  });

  it('that has events at its start sends them along with the head', async () => {
    const source = fakeSource((sink) => {
      sink.write('data: one\n\n');
      sink.end();
    });
    const { url } = await serve(() => events(source));
    const client = await rawClient(url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.answer();
    expect(client.pieces).toBe(1);
    expect(client.text()).toContain('data: one');
  });

  it('is cancelled where the host has answered in the meantime', async () => {
    const source = fakeSource();
    const gateway = gatewayOf(async () => {
      await pause(20);
      return events(source);
    });
    const { url } = await serveWith((req, res) => {
      serveNode(gateway, req, res, { path: '/', host: 'host' });
      res.end('timed out, says the host');
    });
    expect(await (await fetch(url)).text()).toBe('timed out, says the host');
    await eventually(() => source.cancelled.length === 1);
  });
});

describe("what is not the gateway's to answer", () => {
  it('goes to next, once and untouched (R24)', async () => {
    const nexts: unknown[][] = [];
    const { url } = await serveWith((req, res) => {
      serveNode(
        gatewayOf(() => undefined),
        req,
        res,
        {
          path: '/',
          host: 'host',
          next: (...args) => {
            nexts.push(args);
            expect(res.getHeaderNames()).toEqual([]);
            void readText(req).then((text) => res.end(`host read ${text}`));
          },
        },
      );
    });
    expect(await (await post(url, 'all of it')).text()).toBe('host read all of it');
    expect(nexts).toEqual([[]]);
  });

  it('is a 404 in OpenAI shape where nobody is next', async () => {
    const { url } = await serve(() => undefined);
    const response = await fetch(url);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        message: 'GET /v1/x is not an endpoint of this server.',
        type: 'invalid_request_error',
        param: null,
        code: 'not_found',
      },
    });
  });

  it("is a 500 without details if the gateway breaks its word and rejects, or the host's if it is next", async () => {
    const broken = gatewayOf(() => {
      throw new Error('secret');
    });
    const alone = await serveWith((req, res) => serveNode(broken, req, res, { path: '/', host: 'host' }));
    const [status, message] = await errorOf(fetch(alone.url));
    expect([status, message]).toEqual([500, 'The request failed inside the gateway.']);

    const hosted = await serveWith((req, res) =>
      serveNode(broken, req, res, { path: '/', host: 'host', next: (error) => res.end(`host saw ${String(error)}`) }),
    );
    expect(await (await fetch(hosted.url)).text()).toBe('host saw Error: secret');
  });

  it('is a reply that cannot be written: the stream behind it is cancelled', async () => {
    const source = fakeSource();
    const { url } = await serve(() => ({ kind: 'events', status: 200, headers: ['x-bad', 'a\nb'], body: source }));
    expect((await fetch(url)).status).toBe(500);
    expect(source.cancelled).toHaveLength(1);
  });
});

describe('over HTTP/2 (R3)', () => {
  it('a whole answer arrives, is not taken for an abort, and has no header of a connection', async () => {
    const seen: unknown[] = [];
    const { ask, gone } = await serveHttp2(async (request) => {
      seen.push(request.method, request.authority, request.header('x-one'), request.ip);
      const reply = await echo(request);
      return { ...reply, headers: [...reply.headers, 'connection', 'close', 'transfer-encoding', 'chunked'] };
    });
    const answer = await ask({ ':method': 'POST', 'x-one': '1' }, '{"a":1}');
    expect(answer.text).toBe('{"a":1}');
    expect(answer.headers[':status']).toBe(200);
    expect(answer.headers.connection).toBeUndefined();
    expect(seen).toEqual(['POST', expect.stringMatching(/^127\.0\.0\.1:\d+$/), '1', '127.0.0.1']);
    await pause(20);
    expect(gone()).toBe(0);
  });

  it('a stream arrives event by event and ends', async () => {
    const source = fakeSource();
    const { open } = await serveHttp2(() => events(source));
    const stream = open({ ':method': 'GET' });
    await once(stream, 'response');
    source.sink?.write('data: one\n\n');
    const [first] = (await once(stream, 'data')) as [Buffer];
    expect(first.toString()).toBe('data: one\n\n');
    source.sink?.end();
    await once(stream, 'end');
    await pause(20);
    expect(source.cancelled).toEqual([]);
  });

  it.each(['after the first event', 'before the head', 'in the middle of its body'])(
    'a client that cancels %s is seen within 100 ms',
    async (when) => {
      const source = fakeSource();
      const failures: unknown[] = [];
      const { open, gone } = await serveHttp2(async (request) => {
        if (when === 'before the head') await new Promise<void>((resolve) => request.onClientGone(resolve));
        if (when === 'in the middle of its body' && request.body.kind === 'bytes') {
          await request.body.read(LIMIT).catch((error: unknown) => failures.push(error));
        }
        return events(source);
      });
      const half = when === 'in the middle of its body';
      const stream = open({ ':method': 'POST', ...(half ? { 'content-length': '100' } : {}) });
      stream.on('error', () => {});
      stream.write('{');
      if (when === 'after the first event') await once(stream, 'response');
      else await pause(20);
      stream.close(8);
      await eventually(() => source.cancelled.length > 0);
      expect(gone()).toBe(1);
      if (half) expect(failures).toMatchObject([{ kind: 'client_closed' }]);
    },
  );

  it('a flood waits for a client that does not read', async () => {
    const source = fakeSource();
    const { open } = await serveHttp2(() => events(source));
    const stream = open({ ':method': 'GET' });
    await once(stream, 'response');
    let sent = 0;
    while (!source.paused && sent < 100 * MEGABYTE) {
      source.sink?.write('x'.repeat(64 * 1024));
      sent += 64 * 1024;
    }
    expect(sent).toBeLessThan(20 * MEGABYTE);
    stream.close();
  });

  it('a body over the limit is refused, and the stream ended', async () => {
    const { open } = await serveHttp2(echo);
    const stream = open({ ':method': 'POST' });
    stream.on('error', () => {});
    stream.write('x'.repeat(LIMIT + 1));
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    expect(headers[':status']).toBe(413);
    stream.resume();
    await once(stream, 'close');
  });
});

const MEGABYTE = 1024 * 1024;
/** What `echo` reads. */
const LIMIT = 200_000;

type Handle = (request: IncomingRequest<string>) => Reply | undefined | Promise<Reply | undefined>;

function gatewayOf(handle: Handle) {
  return { handle: async (request: IncomingRequest<string>) => handle(request) };
}

function json(body: string): Reply {
  return { kind: 'whole', status: 200, headers: ['content-type', 'application/json'], body };
}

function events(body: EventsSource): Reply {
  return { kind: 'events', status: 200, headers: ['content-type', 'text/event-stream; charset=utf-8'], body };
}

/** Answers with the body it got, or with its refusal as core would word it. */
async function echo({ body }: IncomingRequest<string>): Promise<Reply & { kind: 'whole' }> {
  try {
    const bytes = body.kind === 'bytes' ? await body.read(LIMIT) : Buffer.from(JSON.stringify(body.value));
    return { kind: 'whole', status: 200, headers: [], body: Buffer.from(bytes).toString() };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return {
      kind: 'whole',
      status: error.status,
      headers: [],
      body: JSON.stringify({ error: { message: error.message } }),
    };
  }
}

interface FakeSource extends EventsSource {
  sink: EventsSink | undefined;
  paused: boolean;
  onResume: (() => void) | undefined;
  readonly cancelled: unknown[];
}

function fakeSource(onStart: (sink: EventsSink) => void = () => {}): FakeSource {
  const source: FakeSource = {
    sink: undefined,
    paused: false,
    onResume: undefined,
    cancelled: [],
    start(sink) {
      source.sink = sink;
      onStart(sink);
    },
    pause() {
      source.paused = true;
    },
    resume() {
      source.paused = false;
      source.onResume?.();
    },
    cancel(reason) {
      source.cancelled.push(reason);
    },
  };
  return source;
}

async function serve(handle: Handle, options: Partial<ServeOptions<string>> = {}) {
  let gone = 0;
  const gateway = gatewayOf((request) => {
    request.onClientGone(() => {
      gone += 1;
    });
    return handle(request);
  });
  const server = await serveWith((req, res) =>
    serveNode(gateway, req, res, { path: '/v1/x', host: 'host', ...options }),
  );
  return { ...server, gone: () => gone };
}

async function serveWith(listener: (req: IncomingMessage, res: ServerResponse) => unknown) {
  const sockets: Socket[] = [];
  const server = createServer((req, res) => void listener(req, res));
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets };
}

async function serveHttp2(handle: Handle) {
  let gone = 0;
  const gateway = gatewayOf((request) => {
    request.onClientGone(() => {
      gone += 1;
    });
    return handle(request);
  });
  const server = createHttp2Server((req: NodeRequest, res: NodeResponse) =>
    serveNode(gateway, req, res, { path: '/v1/x', host: 'host' }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    session.destroy();
    server.close();
  });
  const open = (headers: Record<string, string>) =>
    session.request({ ':path': '/v1/x', ...headers }, { endStream: false });
  return {
    open,
    gone: () => gone,
    async ask(headers: Record<string, string>, body: string) {
      const stream = open(headers);
      stream.end(body);
      const [answerHeaders] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      return { headers: answerHeaders, text: await readText(stream) };
    },
  };
}

/** A client that says what it is told and shows what came, byte by byte. */
async function rawClient(url: string, opening: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  const client = {
    socket,
    pieces: 0,
    text: () => text,
    closed: new Promise<void>((resolve) => socket.on('close', () => resolve())),
    /** Everything up to and including the first piece of an answer. */
    async answer() {
      await eventually(() => text.includes('\r\n\r\n'));
      return text;
    },
    /** Sends that much, as fast as it is taken, until the other side closes. */
    async flood(bytes: number, frame = (piece: string) => piece) {
      const piece = frame('x'.repeat(64 * 1024));
      for (let sent = 0; sent < bytes && !socket.destroyed; sent += piece.length) {
        if (socket.write(piece)) continue;
        await Promise.race([once(socket, 'drain').catch(() => {}), client.closed]);
      }
    },
  };
  socket.on('error', () => {});
  socket.on('data', (piece: Buffer) => {
    client.pieces += 1;
    text += piece.toString();
  });
  await once(socket, 'connect');
  socket.write(opening);
  return client;
}

function post(url: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    // node:http, because fetch sets a length of its own and refuses some headers.
    const sent = httpRequest(
      url,
      { method: 'POST', headers: { 'content-length': Buffer.byteLength(body), ...headers } },
      (res) => {
        readText(res).then((text) => resolve(new Response(text, { status: res.statusCode ?? 0 })), reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function errorOf(response: Promise<Response>): Promise<[status: number, message: string]> {
  const { status, json: read } = await response.then((answer) => ({ status: answer.status, json: answer.json() }));
  return [status, ((await read) as { error: { message: string } }).error.message];
}

function streamOf(pieces: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      for (const piece of pieces) {
        controller.enqueue(new TextEncoder().encode(piece));
        await pause(5);
      }
      controller.close();
    },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function eventually(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endsAt) expect.fail(`not within ${withinMs} ms: ${holds.toString()}`);
    await pause(2);
  }
}
