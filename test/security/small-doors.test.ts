import { describe, expect, it } from 'vitest';
import { answerChat, openGateway, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

const SECRET = 'the-secret-of-these-tests-0123456789';
const MESSAGES = [{ role: 'user', content: 'Hi' }];
const DAY_MS = 24 * 60 * 60 * 1_000;

describe('a path of a vendor that a server could read as another', () => {
  it.each([
    '/v1/things/..;/admin',
    '/v1/things/..;a=b/admin',
    '/v1/things/%2e%2e;/admin',
    '/v1/things/..%3b/admin',
    '/v1/things/..%3bx/admin',
    '/v1/things/%2e%2e%253b/admin',
    '/v1/things/.;/admin',
    '/v1/things/;/admin',
  ])('%s is refused', async (path) => {
    const { ask, requests } = await startThings();
    expect((await ask(path)).status).toBe(400);
    expect(requests).toEqual([]);
  });

  it.each(['/v1/things/a;b=c', '/v1/things/..a', '/v1/things/a..;b'])('%s is none', async (path) => {
    const { ask, requests } = await startThings();
    expect((await ask(path)).status).toBe(200);
    expect(requests.map((request) => request.path)).toEqual([path]);
  });

  it('goes on without credentials in the query, however they are written', async () => {
    const { ask, requests } = await startThings();
    await ask('/v1/things/a?API_KEY=x&Key=x&Access_Token=x&aPi-KeY=x&limit=2&keyword=y');
    expect(requests.map(({ path }) => path)).toEqual(['/v1/things/a?limit=2&keyword=y']);
  });
});

describe('a token', () => {
  it('is only what this gateway signed for itself, whoever has the same secret', async () => {
    const { post } = await startChat();
    const claims = { aud: 'portico', p: { id: 'root' }, iat: Date.now(), exp: Date.now() + 1_000 };
    expect(await statusWith(post, await signed(claims, await bareKey()))).toBe(401);
  });

  it.each([
    ['its own', {}, 200],
    ['for another audience', { aud: 'shop' }, 401],
    ['for no audience', { aud: undefined }, 401],
    ['that lives for a week', { exp: Date.now() + 7 * DAY_MS }, 401],
    ['of the future', { iat: Date.now() + DAY_MS, exp: Date.now() + DAY_MS + 1_000 }, 401],
    ['that has expired', { iat: Date.now() - 2_000, exp: Date.now() - 1_000 }, 401],
  ])('%s', async (_what, changes, status) => {
    const { post } = await startChat();
    const claims = { aud: 'portico', p: { id: 'ada' }, iat: Date.now(), exp: Date.now() + 60_000, ...changes };
    expect(await statusWith(post, await signed(claims, await derivedKey()))).toBe(status);
  });
});

type Post = (token: string) => Promise<Response>;

async function statusWith(post: Post, token: string): Promise<number> {
  return (await post(token)).status;
}

async function startThings() {
  const vendor = await startVendor((_request, response) => response.end('{}'));
  const { gateway } = openGateway({
    models: { chat: [{ model: 'openai/m', baseUrl: `${vendor.origin}/v1`, apiKey: VENDOR_KEY }] },
    passThrough: { '/vendor': { to: 'chat', paths: ['/v1/things/**'] } },
  });
  return {
    requests: vendor.requests,
    // By hand: a URL would resolve the dots.
    async ask(path: string) {
      const [name = '', query] = path.split('?', 2);
      const reply = await gateway.handle({
        method: 'GET',
        path: `/vendor${name}`,
        query,
        ip: undefined,
        authority: 'portico',
        host: undefined as never,
        atRoot: true,
        body: { kind: 'bytes', read: async () => new Uint8Array() },
        principal: { id: 'ada' },
        header: () => undefined,
        onClientGone: () => {},
      } as unknown as Parameters<typeof gateway.handle>[0]);
      if (reply?.kind === 'events') {
        await new Promise<void>((resolve) =>
          reply.body.start({ write: () => true, end: resolve, fail: () => resolve() }),
        );
      }
      return { status: reply?.status };
    },
  };
}

async function startChat() {
  const { origin } = await startVendor((_request, response) => answerChat(response, undefined));
  const { gateway } = openGateway({
    models: { chat: [{ model: 'openai/m', baseUrl: `${origin}/v1`, apiKey: VENDOR_KEY }] },
    tokens: { secret: SECRET },
  });
  return {
    post: (token: string) =>
      gateway.fetch(
        new Request('http://portico/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ model: 'chat', messages: MESSAGES }),
        }),
      ),
  };
}

async function signed(claims: object, key: CryptoKey): Promise<string> {
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const signature = await crypto.subtle.sign('HMAC', key, Buffer.from(text));
  return `pt_${text}.${Buffer.from(signature).toString('base64url')}`;
}

function bareKey(): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', Buffer.from(SECRET), algorithm, false, ['sign']);
}

async function derivedKey(): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', Buffer.from(SECRET), 'HKDF', false, ['deriveKey']);
  const info = Buffer.from('portico ephemeral tokens');
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(derivation, material, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
}
