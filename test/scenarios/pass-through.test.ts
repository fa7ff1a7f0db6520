import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { UsageRecord } from '@portico/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UPSTREAM_KEY } from '../support/gateway-on.js';
import { MOUNTS, type Mounted, type MountName } from '../support/mounts.js';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const CHUNKS = [
  'data: {"model":"well","choices":[{"delta":{"content":"Grü"}}]}\n\n',
  'data: {"model":"well","choices":[{"delta":{"content":"ße"}}]}\n\n',
  `data: ${JSON.stringify({ model: 'well', choices: [], usage: USAGE })}\n\n`,
  'data: [DONE]\n\n',
].join('');
const JSON_BODY = { headers: { 'content-type': 'application/json' }, body: '{"a":1}', method: 'POST' } as const;

// Calls in-process are the application's own, which has the credential: it asks vendors itself.
const HTTP_MOUNTS = (Object.keys(MOUNTS) as MountName[]).filter((mount) => mount !== 'in-process');

describe.each(HTTP_MOUNTS)('a path of a vendor, by %s', (mount) => {
  it('is answered with its own bytes, streamed or not, and is a record with what it said it took (R-BUD-4)', async () => {
    const { mounted, vendor, records } = await start(mount);
    const stream = await mounted.fetch(`${root(mounted)}/vendor/v1/things/stream?x=1&api_key=mine`, {
      ...JSON_BODY,
      headers: { ...JSON_BODY.headers, cookie: 'session=1', 'x-beta': 'yes', 'x-other': 'no' },
    });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(await stream.text()).toBe(CHUNKS);
    const whole = await mounted.fetch(`${root(mounted)}/vendor/v1/things/whole`, JSON_BODY);
    expect(await whole.json()).toMatchObject({ model: 'well', usage: USAGE });
    // Only what is on the list comes back (R-SEC-6).
    for (const name of ['set-cookie', 'x-vendor-key', 'server']) expect(whole.headers.get(name)).toBeNull();

    expect(vendor.asked.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/v1/things/stream?x=1', '{"a":1}'],
      ['POST', '/v1/things/whole', '{"a":1}'],
    ]);
    const { headers } = vendor.asked[0] as Asked;
    expect(headers).toMatchObject({ authorization: `Bearer ${UPSTREAM_KEY}`, 'x-beta': 'yes', host: vendor.host });
    for (const name of ['cookie', 'x-other', 'x-forwarded-for']) expect(headers[name]).toBeUndefined();
    await mounted.gateway.close();
    const record = {
      operation: 'pass_through',
      outcome: 'ok',
      requestedModel: 'chat',
      usage: { inputTokens: 3, outputTokens: 2 },
      costNanoUsd: 7_000,
    };
    expect(records).toMatchObject([record, record]);
  });

  it('is nobody’s where the host did not name it', async () => {
    const { mounted, vendor } = await start(mount);
    const statusOf = async (path: string, method: string) =>
      (await mounted.fetch(`${root(mounted)}/vendor${path}`, { method })).status;
    expect(await statusOf('/v1/others', 'POST')).toBe(404);
    expect(await statusOf('/v1/things', 'GET')).toBe(404);
    expect(await statusOf('/v1/things/whole', 'DELETE')).toBe(405);
    expect(vendor.asked).toEqual([]);
  });
});

describe('a path of a vendor', () => {
  it.each([
    '/v1/things/../../admin',
    '/v1/things/%2e%2e/%2e%2e/admin',
    '/v1/things/..%2f..%2fadmin',
    '//evil.example/v1/things/a',
    '/v1/things/a%0d%0ax-evil:1',
    '/v1/things/a%00',
    '/v1/things/a%5c..%5cb',
    '/@evil.example/v1/things/a',
  ])('never leads to another: %s (R-SEC-5, c07)', async (path) => {
    const { mounted, vendor } = await start('node:http');
    const status = await rawStatus(mounted.port as number, `/llm/vendor${path}`);
    expect([400, 404]).toContain(status);
    expect(vendor.asked).toEqual([]);
  });

  it('is for those who may use its model and the operation', async () => {
    const { mounted, vendor } = await start('node:http', { anonymous: { id: 'eve', models: ['other'] } });
    expect((await mounted.fetch(`${root(mounted)}/vendor/v1/things/whole`, JSON_BODY)).status).toBe(403);
    const other = await start('node:http', { anonymous: { id: 'eve', operations: ['chat.completions'] } });
    expect((await other.mounted.fetch(`${root(other.mounted)}/vendor/v1/things/whole`, JSON_BODY)).status).toBe(403);
    expect(vendor.asked).toEqual([]);
  });

  it('is limited like any call, and closed to budgets unless it has a price (R-BUD-4, R-SP-5)', async () => {
    const limited = { id: 'ada', limits: { requestsPerMinute: 1 } };
    const one = await start('node:http', { anonymous: limited });
    const url = `${root(one.mounted)}/vendor/v1/things/whole`;
    expect((await fetch(url, JSON_BODY)).status).toBe(200);
    expect((await fetch(url, JSON_BODY)).status).toBe(429);

    const anonymous = { id: 'ada', budget: { usd: 0.02, per: 'total' as const } };
    const closed = await start('node:http', { anonymous });
    const refused = await fetch(`${root(closed.mounted)}/vendor/v1/things/whole`, JSON_BODY);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('price_unknown')]);
    // What is only read costs nothing.
    expect((await fetch(`${root(closed.mounted)}/vendor/v1/things/whole`)).status).toBe(200);

    const priced = await start('node:http', { anonymous }, { pricePerRequest: 0.015 });
    const at = `${root(priced.mounted)}/vendor/v1/things/whole`;
    expect((await fetch(at, JSON_BODY)).status).toBe(200);
    expect((await fetch(at, JSON_BODY)).status).toBe(429);
    await priced.mounted.gateway.close();
    expect(priced.records).toMatchObject([{ costNanoUsd: 15_000_000 }]);
  });

  it('that fails is an error of ours, without the credential it may repeat (R-LOG-2)', async () => {
    const { mounted, records } = await start('node:http');
    const response = await fetch(`${root(mounted)}/vendor/v1/things/refused`, JSON_BODY);
    expect(response.status).toBe(400);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { message: expect.stringContaining('[hidden]') } });
    expect(body).not.toContain(UPSTREAM_KEY);
    await mounted.gateway.close();
    expect(records).toMatchObject([{ outcome: 'failed', failure: 'invalid_input', costNanoUsd: 0 }]);
  });

  it('whose answer breaks off breaks off for the client too, and never ends cleanly (f32)', async () => {
    const { mounted, records } = await start('node:http');
    const response = await fetch(`${root(mounted)}/vendor/v1/things/broken`, JSON_BODY);
    await expect(response.text()).rejects.toThrow();
    await mounted.gateway.close();
    expect(records).toMatchObject([{ outcome: 'incomplete', failure: 'network', costNanoUsd: undefined }]);
  });

  it('that its client leaves is broken off at the vendor (c01)', async () => {
    const { mounted, vendor, records } = await start('node:http');
    const stop = new AbortController();
    const response = await fetch(`${root(mounted)}/vendor/v1/things/endless`, { ...JSON_BODY, signal: stop.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    stop.abort();
    await expect.poll(() => vendor.left).toBe(1);
    await expect.poll(() => mounted.gateway.openCalls).toBe(0);
    await mounted.gateway.close();
    expect(records).toMatchObject([{ outcome: 'client_gone' }]);
  });

  it('takes a body in pieces, and none that is too large (c03)', async () => {
    const { mounted, vendor } = await start('node:http', { maxBodyBytes: 300_000 });
    const at = `${root(mounted)}/vendor/v1/things/whole`;
    expect((await fetch(at, { ...JSON_BODY, body: 'x'.repeat(200_000) })).status).toBe(200);
    expect(vendor.asked[0]?.body.length).toBe(200_000);
    expect((await fetch(at, { ...JSON_BODY, body: 'x'.repeat(400_000) })).status).toBe(413);
  });

  it('is checked when the gateway is made', async () => {
    const wrong = {
      '/v1': { to: 'chat', paths: ['/v1/things'] },
      '/a': { to: 'chatt', paths: ['v1/../x'] },
    };
    await expect(start('node:http', { passThrough: wrong })).rejects.toThrow(
      /a path of its own[\s\S]*must be an absolute path[\s\S]*neither a model group nor.*"chat"/,
    );
  });
});

async function start(mount: MountName, config: object = {}, rule: object = {}) {
  const vendor = await startVendor();
  const records: UsageRecord[] = [];
  const price = { input: 1, output: 2 };
  const mounted = await MOUNTS[mount]({
    anonymous: { id: 'ada' },
    models: { chat: [{ model: 'openai/well', baseUrl: `http://${vendor.host}/v1`, apiKey: UPSTREAM_KEY, price }] },
    passThrough: { '/vendor': { to: 'chat', paths: ['/v1/things/*'], headers: ['x-beta'], ...rule } },
    onUsage: (record: UsageRecord) => void records.push(record),
    ...config,
  });
  onTestFinished(() => mounted.close());
  return { mounted, vendor, records };
}

/** The mount itself, which the base URL of clients lies one segment below. */
function root(mounted: Mounted): string {
  return mounted.baseUrl.replace(/\/v1$/, '');
}

async function startVendor() {
  const asked: Asked[] = [];
  const vendor = { asked, host: '', left: 0 };
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = (await buffer(req)).toString();
    asked.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body });
    res.setHeader('set-cookie', 'vendor=1');
    res.setHeader('x-vendor-key', UPSTREAM_KEY);
    const what = /\/things\/(\w+)/.exec(req.url ?? '')?.[1];
    if (what === 'refused') {
      res.writeHead(400, { 'content-type': 'application/json' });
      res.end(
        JSON.stringify({ error: { message: `Bad request with ${UPSTREAM_KEY}`, type: 'invalid_request_error' } }),
      );
      return;
    }
    if (what === 'whole') {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ model: 'well', usage: USAGE }));
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    if (what === 'stream') {
      // In pieces that end in the middle of a character.
      const bytes = Buffer.from(CHUNKS);
      const middle = bytes.indexOf('ü') + 1;
      res.write(bytes.subarray(0, middle));
      await new Promise((resolve) => setImmediate(resolve));
      res.end(bytes.subarray(middle));
      return;
    }
    res.write(CHUNKS.slice(0, 80));
    if (what === 'broken') return void setImmediate(() => res.destroy());
    res.once('close', () => {
      vendor.left += 1;
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  vendor.host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return vendor;
}

/** As it is spelled: `fetch` would tidy the path up. */
function rawStatus(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1', path, method: 'POST' }, (response) => {
      void text(response).then(() => resolve(response.statusCode ?? 0), reject);
    });
    asking.once('error', reject);
    asking.end('{}');
  });
}
