import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { buildApp as buildKoa } from '@portico/example-koa';
import { buildApp as buildNest } from '@portico/example-nestjs';
import { buildApp as buildBetterAuth } from '@portico/example-sessions/better-auth';
import { buildApp as buildCookieSession } from '@portico/example-sessions/cookie-session';
import { buildApp as buildExpressSession } from '@portico/example-sessions/express-session';
import { buildApp as buildJwks } from '@portico/example-sessions/jwks';
import { buildApp as buildPassport } from '@portico/example-sessions/passport';
import type { Example, ExampleOptions } from '@portico/example-shared';
import { expectNoOpenRequests, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import OpenAI from 'openai';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

/** One way to know users: an app that does, and how its clients show who they are. */
interface Way {
  build(options: ExampleOptions): Promise<Example>;
  /** The headers of somebody who is logged in. */
  signIn(origin: string, user: string): Promise<Record<string, string>>;
  signOut(origin: string, headers: Record<string, string>): Promise<unknown>;
}

const signOut: Way['signOut'] = (origin, headers) => fetch(`${origin}/logout`, { method: 'POST', headers });

const WAYS: Readonly<Record<string, Way>> = {
  'express-session': { build: buildExpressSession, signIn: byForm({}), signOut },
  'cookie-session': { build: buildCookieSession, signIn: byForm({}), signOut },
  'koa-session': { build: buildKoa, signIn: byForm({}), signOut },
  Passport: {
    build: buildPassport,
    signIn: (origin, username) => cookieOf(`${origin}/login`, { username, password: 'open' }),
    signOut,
  },
  '@nestjs/passport with a JWT': { build: buildNest, signIn: byForm({}), signOut },
  'Better Auth': {
    build: buildBetterAuth,
    signIn: (origin, name) =>
      cookieOf(
        `${origin}/api/auth/sign-up/email`,
        { name, email: `${name}@app.example`, password: 'correct horse' },
        origin,
      ),
    signOut: (origin, headers) =>
      fetch(`${origin}/api/auth/sign-out`, {
        method: 'POST',
        headers: { ...headers, origin, 'content-type': 'application/json' },
        body: '{}',
      }),
  },
  'an OpenID provider and its JWKS': {
    build: (options) => buildJwks({ ...options, issuer: issuer.url, audience: 'portico' }),
    signIn: async (_origin, user) => ({ authorization: `Bearer ${await issuer.token({ sub: user })}` }),
    signOut,
  },
};

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
  return issuer.close;
});

describe.each(Object.entries(WAYS))('users that the host knows by %s', (_, way) => {
  it('are answered, whole and streamed; strangers are not, and nothing is asked for them', async () => {
    const { origin, provider } = await start(way);
    await expect(clientOf(origin).chat.completions.create(ASK)).rejects.toMatchObject({ status: 401 });
    await expect(clientOf(origin, { cookie: 'session=forged; token=forged' }).models.list()).rejects.toMatchObject({
      status: 401,
    });
    expect(provider.log.requests).toEqual([]);
    const openai = clientOf(origin, await way.signIn(origin, 'ada'));
    expect((await openai.chat.completions.create(ASK)).choices[0]?.message.content).toContain('Hello');
    const stream = openai.chat.completions.stream(ASK);
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toContain('Hello');
  });

  it('lose what runs when they log out, with an error and never a clean end; others do not notice', async () => {
    const { origin, provider } = await start(way, { tokenDelayMs: 20, reply: () => 'word '.repeat(2_000) });
    const [hers, his] = [await way.signIn(origin, 'ada'), await way.signIn(origin, 'grace')];
    const open = (headers: Record<string, string>) =>
      clientOf(origin, headers).chat.completions.create({ ...ASK, stream: true });
    const [ada, grace] = [await open(hers), await open(his)];
    let left = false;
    const reading = (async () => {
      for await (const _ of ada) {
        if (!left) await way.signOut(origin, hers);
        left = true;
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'revoked' });
    await expect.poll(() => provider.log.openResponses).toBe(1);
    for await (const _ of grace) break;
    await expectNoOpenRequests(provider);
  });

  it('are not spent by a page of another site (R21)', async () => {
    const { origin, provider } = await start(way);
    const headers = await way.signIn(origin, 'ada');
    const ask = (from: Record<string, string>) =>
      fetch(`${origin}/llm/v1/chat/completions`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', ...from },
        body: JSON.stringify(ASK),
      });
    // A token goes along on purpose; a cookie goes along by itself.
    const status = 'authorization' in headers ? 200 : 403;
    expect((await ask({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(status);
    expect((await ask({ origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect(provider.log.requests).toHaveLength(status === 200 ? 2 : 1);
  });
});

describe('a token of an OpenID provider', () => {
  it.each<[string, () => Promise<string>]>([
    ['that has expired', () => issuer.token({ sub: 'ada', expiresIn: '-1 minute' })],
    ['for somebody else', () => issuer.token({ sub: 'ada', audience: 'another app' })],
    ['of another issuer', () => issuer.token({ sub: 'ada', issuer: 'https://evil.example' })],
    ['signed with a key that is not published', () => issuer.token({ sub: 'ada', forged: true })],
    [
      'that is not signed',
      async () => `${base64({ alg: 'none' })}.${base64({ sub: 'ada', exp: 4e9, iss: issuer.url, aud: 'portico' })}.`,
    ],
  ])('%s is nobody', async (_, token) => {
    const { origin, provider } = await start(WAYS['an OpenID provider and its JWKS'] as Way);
    const openai = clientOf(origin, { authorization: `Bearer ${await token()}` });
    await expect(openai.chat.completions.create(ASK)).rejects.toMatchObject({ status: 401 });
    expect(provider.log.requests).toEqual([]);
  });
});

const ASK = { model: 'fast', messages: [{ role: 'user' as const, content: 'Hello' }] };

async function start(way: Way, options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider(options);
  const example = await way.build({ fakeProvider: provider });
  onTestFinished(async () => {
    await example.close();
    await provider.close();
  });
  return { origin: await example.listen(), provider };
}

function clientOf(origin: string, headers: Record<string, string> = {}): OpenAI {
  const defaultHeaders = { authorization: null, ...headers };
  return new OpenAI({ baseURL: `${origin}/llm/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders });
}

function byForm(more: object): Way['signIn'] {
  return (origin, user) => cookieOf(`${origin}/login`, { ...more, user });
}

async function cookieOf(url: string, body: object, origin?: string): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', ...(origin && { origin }) };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`The login failed: ${answer.status} ${await answer.text()}`);
  return {
    cookie: answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';', 1)[0])
      .join('; '),
  };
}

interface Claims {
  readonly sub: string;
  readonly expiresIn?: string;
  readonly audience?: string;
  readonly issuer?: string;
  readonly forged?: boolean;
}

interface Issuer {
  readonly url: string;
  token(claims: Claims): Promise<string>;
  close(): void;
}

/** An OpenID provider, as far as those who check its tokens see it. */
async function startIssuer(): Promise<Issuer> {
  const [own, foreign] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' }];
  const server = createServer((_, res) => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: ({ sub, expiresIn = '1 hour', audience = 'portico', issuer: from = url, forged = false }) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
        .setSubject(sub)
        .setIssuer(from)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .sign((forged ? foreign : own).privateKey),
    close: () => void server.close(),
  };
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
