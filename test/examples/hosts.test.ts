import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildApp as buildFastify } from '@portico/example-fastify';
import { buildApp as buildHono } from '@portico/example-hono';
import { buildApp as buildKoa } from '@portico/example-koa';
import { buildApp as buildNest } from '@portico/example-nestjs';
import type { Example, ExampleOptions } from '@portico/example-shared';
import { expectNoOpenRequests, type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const EXAMPLES: Readonly<Record<string, (options: ExampleOptions) => Promise<Example>>> = {
  koa: buildKoa,
  fastify: buildFastify,
  hono: buildHono,
  nestjs: buildNest,
};

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
// On a machine of one's own a browser may be missing; where every check must run, its absence is a failure.
const isMissing = !existsSync(CHROMIUM) && process.env.CI !== 'true';
const unlessMissing = isMissing ? ` (skipped: no ${CHROMIUM} here)` : '';

describe.each(Object.entries(EXAMPLES))('the %s example', (name, build) => {
  it('refuses strangers in words, and answers who is logged in with the official client', async () => {
    const { origin } = await start(build);
    await expect(clientOf(origin).models.list()).rejects.toMatchObject({ status: 401, code: expect.any(String) });
    const openai = clientOf(origin, await signIn(origin, 'ada'));
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['fast']);
    const stream = openai.chat.completions.stream({ model: 'fast', messages: [{ role: 'user', content: 'Hello' }] });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toContain('Hello');
  });

  it('ends a stream when its reader logs out, with an error and not with a clean end; nobody else notices', async () => {
    const { origin, provider } = await start(build, { tokenDelayMs: 40, reply: () => 'word '.repeat(2_000) });
    const [ada, grace] = [await signIn(origin, 'ada'), await signIn(origin, 'grace')];
    const open = (cookie: string) =>
      clientOf(origin, cookie).chat.completions.create({
        model: 'fast',
        stream: true,
        messages: [{ role: 'user', content: 'Go on for ever' }],
      });
    const [hers, other] = [await open(ada), await open(grace)];
    const reading = (async () => {
      for await (const _ of hers) if (provider.log.openResponses === 2) await logOut(origin, ada);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'revoked' });
    await expect.poll(() => provider.log.openResponses).toBe(1);
    for await (const _ of other) break;
    await expectNoOpenRequests(provider);
  });

  if (name === 'nestjs') {
    it('takes a script by its token, holds a free plan to its limits, and shows a tenant what it used', async () => {
      const { origin } = await start(build);
      const cookie = await signIn(origin, 'grace');
      const script = new OpenAI({ baseURL: `${origin}/llm/v1`, apiKey: cookie.slice('token='.length), maxRetries: 0 });
      const ask = () => script.chat.completions.create({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] });
      for (let call = 0; call < 5; call += 1) await ask();
      await expect(ask()).rejects.toMatchObject({ status: 429 });
      const usage = await fetch(`${origin}/usage`, { headers: { cookie } });
      expect(await usage.text()).toContain('grace');
      expect((await fetch(`${origin}/usage`)).status).toBe(401);
    });
  }
});

describe.skipIf(isMissing)(`a browser with the official client${unlessMissing}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-sync',
    ];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });
  afterAll(() => browser?.close());

  describe.each(Object.entries(EXAMPLES))('on the %s example', (_, build) => {
    it('logs in, streams, and its stop button stops the model', async () => {
      const { origin, provider } = await start(build, { tokenDelayMs: 20, reply: ({ text }) => REPLIES.get(text) });
      const page = await openPage(browser, origin);
      await says(page, 'signed out');
      await page.click('#user-ada');
      await says(page, 'ready, ada');
      await page.fill('#prompt', 'Short');
      await page.click('#send');
      await says(page, 'ready');
      expect(await page.textContent('#answer')).toBe('A short answer.');

      await page.fill('#prompt', 'Long');
      await page.click('#send');
      await expect.poll(() => page.textContent('#answer')).toContain('word word');
      await page.click('#stop');
      await says(page, 'stopped');
      await expectNoOpenRequests(provider);
    });

    it('is told when its session is over', async () => {
      const { origin } = await start(build);
      const page = await openPage(browser, origin);
      await page.click('#user-ada');
      await says(page, 'ready, ada');
      await page.context().clearCookies();
      await page.click('#send');
      await expect.poll(() => page.textContent('#status')).toMatch(/401/);
    });

    it('cannot be used by a page of another site (R21)', async () => {
      const { origin, provider } = await start(build);
      const page = await openPage(browser, origin);
      await page.click('#user-ada');
      await says(page, 'ready, ada');
      // Another name of this machine is another site; the cookie is made to go along all the same.
      const cookies = await page.context().cookies();
      await page.context().addCookies(cookies.map((cookie) => ({ ...cookie, sameSite: 'None', secure: true })));
      await page.goto((await attackPage()).replace('127.0.0.1', 'localhost'));
      const body = '{"model":"fast","messages":[{"role":"user","content":"Spend"}]}';
      await page.evaluate(
        ([url, text]) =>
          fetch(url as string, {
            method: 'POST',
            mode: 'no-cors',
            credentials: 'include',
            headers: { 'content-type': 'text/plain' },
            body: text as string,
          }).catch(() => undefined),
        [`${origin}/llm/v1/chat/completions`, body],
      );
      expect(provider.log.requests).toEqual([]);
    });
  });
});

const REPLIES = new Map([
  ['Short', 'A short answer.'],
  ['Long', 'word '.repeat(2_000)],
]);

async function start(build: (options: ExampleOptions) => Promise<Example>, options: FakeProviderOptions = {}) {
  const provider: FakeProvider = await startFakeProvider({ reply: ({ text }) => `You said: ${text}`, ...options });
  const example = await build({ fakeProvider: provider });
  const origin = await example.listen();
  onTestFinished(async () => {
    await example.close();
    await provider.close();
  });
  return { origin, provider };
}

function clientOf(origin: string, cookie = ''): OpenAI {
  const defaultHeaders = { ...(cookie && { cookie }), authorization: null };
  return new OpenAI({ baseURL: `${origin}/llm/v1`, apiKey: 'session', maxRetries: 0, defaultHeaders });
}

async function signIn(origin: string, user: string): Promise<string> {
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  expect(answer.status).toBe(204);
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return cookies.join('; ');
}

async function logOut(origin: string, cookie: string): Promise<void> {
  expect((await fetch(`${origin}/logout`, { method: 'POST', headers: { cookie } })).status).toBe(204);
}

async function openPage(browser: Browser, origin: string): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

function says(page: Page, text: string): Promise<void> {
  return expect.poll(() => page.textContent('#status')).toBe(text);
}

async function attackPage(): Promise<string> {
  const server = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<title>Win</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
