import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildApp as buildFastify } from '@portico/example-fastify';
import { buildApp as buildHono } from '@portico/example-hono';
import { buildApp as buildKoa } from '@portico/example-koa';
import { buildApp as buildNest } from '@portico/example-nestjs';
import { type Example, type ExampleOptions, findPageFile } from '@portico/example-shared';
import { expectNoOpenRequests, type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import { type Browser, type BrowserContext, chromium, type Page, type Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

// The official client in a page, in a browser, on a session's cookie, against every host. The Express example has a page
// and tests of its own.

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
// On a machine of one's own a browser may be missing; where every check must run, its absence is a failure.
const isMissing = !existsSync(CHROMIUM) && process.env.CI !== 'true';
const unlessMissing = isMissing ? ` (skipped: no ${CHROMIUM} here)` : '';

/** A place that a page can be of: what its browser needs beside it, and where it is. */
type Place = (provider: FakeProvider) => Promise<{
  readonly origin: string;
  close(): Promise<void>;
  prepare?(context: BrowserContext): Promise<unknown>;
}>;

const PLACES: Readonly<Record<string, Place>> = {
  'the Koa example': exampleOf(buildKoa),
  'the Fastify example': exampleOf(buildFastify),
  'the Hono example': exampleOf(buildHono),
  'the NestJS example': exampleOf(buildNest),
  ...Object.fromEntries(
    (Object.keys(MOUNTS) as MountName[])
      // No browser gets there: the one has no socket, and of the other Hono is the server.
      .filter((mount) => mount !== 'in-process' && mount !== 'fetch')
      .map((mount) => [mount, mountAt(mount)]),
  ),
};

let browser: Browser;

describe.skipIf(isMissing)(`a browser with the official client${unlessMissing}`, () => {
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

  describe.each(Object.entries(PLACES))('on %s', (_, place) => {
    it('logs in, streams, stops the model with its button, and is told when its session is over', async () => {
      const { page, provider } = await open(place, { tokenDelayMs: 20, reply: ({ text }) => REPLIES.get(text) });
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

      provider.log.reset();
      await page.context().clearCookies();
      await page.click('#send');
      await expect.poll(() => page.textContent('#status')).toMatch(/401/);
      expect(provider.log.requests).toEqual([]);
    });

    it('cannot be used by a page of another site (R21)', async () => {
      const { page, origin, provider } = await open(place);
      await page.click('#user-ada');
      await says(page, 'ready, ada');
      // Another name of this machine is another site; the cookie is made to go along all the same.
      const cookies = await page.context().cookies();
      await page.context().addCookies(cookies.map((cookie) => ({ ...cookie, sameSite: 'None', secure: true })));
      await page.goto((await attackPage(`${origin}/llm/v1/chat/completions`)).replace('127.0.0.1', 'localhost'));
      const [answer] = await Promise.all([page.waitForResponse(/completions$/), page.click('button')]);
      const sent = await answer.request().allHeaders();
      expect(sent.cookie).toContain(cookies[0]?.value);
      expect([403, 415]).toContain(answer.status());
      expect(provider.log.requests).toEqual([]);
    });
  });
});

const REPLIES = new Map([
  ['Short', 'A short answer.'],
  ['Long', 'word '.repeat(2_000)],
]);

function exampleOf(build: (options: ExampleOptions) => Promise<Example>): Place {
  return async (provider) => {
    const example = await build({ fakeProvider: provider });
    return { origin: await example.listen(), close: () => example.close() };
  };
}

/** A mount has no page and no login: the browser is given both, as from its address. What is below `/llm` is the mount's. */
function mountAt(mount: MountName): Place {
  return async (provider) => {
    const mounted = await MOUNTS[mount]({
      models: { fast: [WIRES.openai(provider, 'well')] },
      authenticate: ({ request }) => request.header('cookie') === SESSION && { id: 'ada' },
    });
    const { origin } = new URL(mounted.baseUrl);
    const prepare = (context: BrowserContext) => context.route((url) => isOfTheHouse(origin, url), answerAsHouse);
    return { origin, prepare, close: () => mounted.close() };
  };
}

const SESSION = 'session=of-ada';

function isOfTheHouse(origin: string, url: URL): boolean {
  return url.origin === origin && !url.pathname.startsWith('/llm/');
}

async function answerAsHouse(route: Route): Promise<void> {
  const request = route.request();
  const { pathname } = new URL(request.url());
  const file = findPageFile(pathname);
  if (file !== undefined) return route.fulfill({ contentType: file.type, body: file.body });
  if (pathname === '/login') {
    return route.fulfill({ status: 204, headers: { 'set-cookie': `${SESSION}; HttpOnly; SameSite=Lax; Path=/` } });
  }
  const isKnown = (await request.headerValue('cookie')) === SESSION;
  return route.fulfill(isKnown ? { json: { user: 'ada' } } : { status: 401 });
}

async function open(place: Place, options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider({ reply: ({ text }) => `You said: ${text}`, ...options });
  const { origin, prepare, close } = await place(provider);
  // Node's HTTP/2 speaks TLS to browsers, with a certificate that nobody vouches for.
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  await prepare?.(context);
  onTestFinished(async () => {
    await context.close();
    await close();
    await provider.close();
  });
  const page = await context.newPage();
  await page.goto(origin);
  return { page, origin, provider };
}

function says(page: Page, text: string): Promise<void> {
  return expect.poll(() => page.textContent('#status')).toBe(text);
}

/** A page with the oldest of attacks: a form of text whose fields are JSON, which goes out with cookies and without a preflight. */
async function attackPage(target: string): Promise<string> {
  const start = '{"model":"fast","messages":[{"role":"user","content":"';
  const form = `<form method="post" enctype="text/plain" action="${target}"><input name='${start}' value='"}]}'><button>Win</button></form>`;
  const server = createServer((_req, res) => res.setHeader('content-type', 'text/html').end(form));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
