import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { EventsSink, IncomingRequest, Reply } from '@portico/core/mount';
import compression from 'compression';
import express5, { type NextFunction, type Request, type Response } from 'express';
import express4 from 'express4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ExpressHost, expressMiddleware } from './express-middleware.js';

type App = ReturnType<typeof express5>;

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('%s', (_, express) => {
  describe('where it is mounted (R23)', () => {
    it.each([
      ['/llm/v1/x', '/v1/x'],
      ['/llm/v1/x?a=1&b=/c', '/v1/x'],
      ['/llm/v1/x/', '/v1/x/'],
      ['/llm/v1/v1/x', '/v1/v1/x'],
      ['/llm/x', '/x'],
      ['/llm', '/'],
      ['/llm/', '/'],
      ['/LLM/v1/a%2Fb', '/v1/a%2Fb'],
    ])('%s is %s to the gateway', async (asked, path) => {
      const url = await listen(express().use('/llm', expressMiddleware(describing)));
      expect(await describedBy(url + asked)).toMatchObject({ path });
    });

    it('may be below nested routers and below the root', async () => {
      const inner = express.Router().use('/llm', expressMiddleware(describing));
      const nested = await listen(express().use('/api', express.Router().use('/v2', inner)));
      expect(await describedBy(`${nested}/api/v2/llm/v1/x`)).toMatchObject({ path: '/v1/x' });
      const root = await listen(express().use(expressMiddleware(describing)));
      expect(await describedBy(`${root}/v1/x`)).toMatchObject({ path: '/v1/x' });
    });

    it("what lies outside never gets there, and what is none of the gateway's goes to next, once (R24)", async () => {
      let nexts = 0;
      const app = express().use('/llm', expressMiddleware({ handle: async () => undefined }));
      app.use((_req: Request, res: Response) => {
        nexts += 1;
        res.json({ from: 'host', headers: res.getHeaderNames() });
      });
      const url = await listen(app);
      for (const path of ['/other', '/llm/unknown']) {
        const response = await fetch(url + path);
        expect(await response.json()).toEqual({ from: 'host', headers: ['x-powered-by'] });
      }
      expect(nexts).toBe(2);
    });

    it('preflights are left to the host', async () => {
      const app = express().use(
        '/llm',
        expressMiddleware({ handle: async ({ method }) => (method === 'OPTIONS' ? undefined : json('{}')) }),
      );
      app.options('/llm/v1/x', (_req: Request, res: Response) => res.status(204).set('allow', 'from the host').end());
      const response = await fetch(`${await listen(app)}/llm/v1/x`, { method: 'OPTIONS' });
      expect([response.status, response.headers.get('allow')]).toEqual([204, 'from the host']);
    });
  });

  describe('what hooks see', () => {
    it("is the host's own request and response, after its middleware", async () => {
      const app = express();
      app.use((req, _res, next) => {
        Object.assign(req, { user: { id: 'ada' } });
        next();
      });
      const seen: unknown[] = [];
      app.use(
        '/llm',
        expressMiddleware({
          async handle({ host: { req, res } }) {
            seen.push((req as unknown as { user: unknown }).user, req.baseUrl, res.req === req);
            return json('{}');
          },
        }),
      );
      await fetch(`${await listen(app)}/llm/v1/x`);
      expect(seen).toEqual([{ id: 'ada' }, '/llm', true]);
    });

    it('is the peer and the authority as the app trusts its proxies', async () => {
      const forwarded = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-host': 'app.example:8443, inner' };
      const direct = await listen(express().use(expressMiddleware(describing)));
      expect(await describedBy(direct, { headers: forwarded })).toMatchObject({
        ip: '127.0.0.1',
        authority: new URL(direct).host,
      });

      const behind = await listen(express().set('trust proxy', 1).use(expressMiddleware(describing)));
      expect(await describedBy(behind, { headers: forwarded })).toMatchObject({
        ip: '203.0.113.7',
        authority: 'app.example:8443',
      });
    });
  });

  describe('a body (R9, R-HOST-1)', () => {
    const body = '{"model":"m","text":"grüße"}';

    it.each([
      ['no parser', undefined, 'bytes'],
      ['express.json()', express.json(), 'parsed'],
      ['express.raw()', express.raw({ type: '*/*' }), 'bytes'],
      ['express.text()', express.text({ type: '*/*' }), 'bytes'],
      ['express.urlencoded(), which sets a body it has not read', express.urlencoded({ extended: true }), 'bytes'],
      [
        'every parser at once',
        [express.json(), express.urlencoded({ extended: true }), express.text(), express.raw()],
        'parsed',
      ],
    ])('arrives behind %s', async (_name, parser, kind) => {
      const app = express();
      if (parser !== undefined) app.use(parser);
      const url = await listen(app.use('/llm', expressMiddleware(describing)));
      const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      expect(await describedBy(`${url}/llm`, asked)).toMatchObject({ kind, text: body });
    });

    it.each([
      ['no parser', undefined],
      ['express.json()', express.json()],
    ])('packed with gzip arrives behind %s', async (_name, parser) => {
      const app = express();
      if (parser !== undefined) app.use(parser);
      const url = await listen(app.use('/llm', expressMiddleware(describing)));
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      expect(await describedBy(`${url}/llm`, { method: 'POST', headers, body: gzipSync(body) })).toMatchObject({
        text: body,
      });
    });

    it('may be empty, with and without a parser', async () => {
      for (const parser of [express.json(), (_req: Request, _res: Response, next: NextFunction) => next()]) {
        const url = await listen(express().use(parser, expressMiddleware(describing)));
        const described = await describedBy(url, { method: 'POST', headers: { 'content-type': 'application/json' } });
        expect(['', '{}']).toContain(described.text);
      }
    });

    it('that was consumed and not kept is refused in under a second', async () => {
      const app = express();
      app.use((req, _res, next) => {
        req.resume().on('end', () => next());
      });
      const url = await listen(app.use(expressMiddleware(describing)));
      expect(await describedBy(url, { method: 'POST', body })).toMatchObject({ refused: 'invalid_input' });
    });
  });

  describe('errors', () => {
    it("of a gateway that breaks its word become the host's 500, with no unhandled rejection (R12)", async () => {
      const app = express().use(expressMiddleware({ handle: () => Promise.reject(new Error('broken')) }));
      app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
        res.status(500).json({ host: error.message });
      });
      const response = await fetch(await listen(app));
      expect([response.status, await response.json()]).toEqual([500, { host: 'broken' }]);
    });

    it("after the headers are told in the stream: the host's error handler is not called (R13)", async () => {
      let called = false;
      const app = express().use(
        expressMiddleware({
          handle: async () =>
            events((sink) => {
              sink.write('data: one\n\n');
              setTimeout(() => {
                sink.write('data: {"error":{"message":"cut"}}\n\n');
                sink.end();
              }, 10);
            }),
        }),
      );
      app.use((_error: Error, _req: Request, _res: Response, _next: NextFunction) => {
        called = true;
      });
      const text = await (await fetch(await listen(app))).text();
      expect(text).toBe('data: one\n\ndata: {"error":{"message":"cut"}}\n\n');
      expect(called).toBe(false);
    });
  });

  describe('a stream', () => {
    it('keeps the headers the host has set', async () => {
      const app = express();
      app.use((_req, res, next) => {
        res.set('x-request-id', 'host-1').set('access-control-allow-origin', 'https://app.example');
        res.cookie('session', 'rolled');
        next();
      });
      const url = await listen(app.use(expressMiddleware({ handle: async () => events((sink) => sink.end()) })));
      const { headers } = await fetch(url);
      expect(headers.get('x-request-id')).toBe('host-1');
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(headers.get('set-cookie')).toContain('session=rolled');
      expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    });

    it('reaches the client at once behind compression(), without piling up listeners (R7, R8)', async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on('warning', onWarning);
      onTestFinished(() => void process.off('warning', onWarning));
      let sink: EventsSink | undefined;
      const app = express().use(
        compression({ threshold: 0, filter: () => true }),
        expressMiddleware({
          handle: async () =>
            events((opened) => {
              sink = opened;
              opened.write('data: first\n\n');
            }),
        }),
      );
      const response = await fetch(await listen(app), { headers: { 'accept-encoding': 'gzip' } });
      const reader = response.body?.getReader();
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: first\n\n');
      for (let index = 0; index < 10_000; index++) sink?.write(`data: ${index}\n\n`);
      sink?.end();
      let length = 0;
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read())
        length += piece.value.length;
      expect(length).toBeGreaterThan(100_000);
      expect(warnings).toEqual([]);
    });

    it('is flushed event by event where a compressing middleware ignores "no-transform" (R8)', async () => {
      let sink: EventsSink | undefined;
      const app = express().use(
        compression({ threshold: 0, filter: () => true }),
        expressMiddleware({
          handle: async () => ({
            ...events((opened) => {
              sink = opened;
            }),
            headers: ['content-type', 'text/event-stream'],
          }),
        }),
      );
      const response = await fetch(await listen(app), { headers: { 'accept-encoding': 'gzip' } });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      const reader = response.body?.getReader();
      for (const event of ['data: one\n\n', 'data: two\n\n']) {
        sink?.write(event);
        expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(event);
      }
      sink?.end();
    });

    it.each([
      ['a raw body', false],
      ['a parsed body', true],
    ])('is aborted within 100 ms when the client leaves, with %s (R1)', async (_name, parsed) => {
      let cancelled = 0;
      const app = express();
      if (parsed) app.use(express.json());
      app.use(
        expressMiddleware({
          async handle({ body }) {
            if (body.kind === 'bytes') await body.read(1000);
            return events(
              (sink) => sink.write('data: one\n\n'),
              () => {
                cancelled += 1;
              },
            );
          },
        }),
      );
      const url = new URL(await listen(app));
      const socket = connect(Number(url.port), '127.0.0.1');
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
      await once(socket, 'data');
      socket.destroy();
      while (cancelled === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    });
  });
});

interface Described {
  readonly path: string;
  readonly ip: string;
  readonly authority: string;
  readonly kind: string;
  readonly text: string;
  readonly refused?: string;
}

/** A gateway that answers with what it was given. */
const describing = {
  async handle({ path, ip, authority, body }: IncomingRequest<ExpressHost>): Promise<Reply> {
    const read = async () => {
      if (body.kind === 'parsed') return { text: JSON.stringify(body.value) };
      return body.read(1_000_000).then(
        (bytes) => ({ text: Buffer.from(bytes).toString() }),
        (error: unknown) => ({ refused: (error as { kind: string }).kind }),
      );
    };
    return json(JSON.stringify({ path, ip, authority, kind: body.kind, ...(await read()) }));
  },
};

async function describedBy(url: string, init?: RequestInit): Promise<Described> {
  return (await fetch(url, init)).json() as Promise<Described>;
}

function json(body: string): Reply {
  return { kind: 'whole', status: 200, headers: ['content-type', 'application/json'], body };
}

function events(start: (sink: EventsSink) => void, cancel: () => void = () => {}): Reply & { kind: 'events' } {
  return {
    kind: 'events',
    status: 200,
    headers: [
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache, no-transform',
      'x-accel-buffering',
      'no',
    ],
    body: { start, cancel, pause() {}, resume() {} },
  };
}

async function listen(app: App): Promise<string> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
