import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningExample, startExpressExample } from './start-express-example.js';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
// On a machine of one's own a browser may be missing; where every check must run, its absence is a failure.
const isMissing = !existsSync(CHROMIUM) && process.env.CI !== 'true';

const unlessMissing = isMissing ? ` (skipped: no ${CHROMIUM} here)` : '';

describe.skipIf(isMissing)(`the page of the Express example${unlessMissing}`, () => {
  let example: RunningExample;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });

  beforeEach(async () => {
    example = await startExpressExample({ tokenDelayMs: 15, reply: ({ text }) => REPLIES.get(text) });
    context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Answers with an error status are told here too; what the page makes of them is what the tests are about.
      if (message.type() === 'error' && !message.text().includes('the server responded with a status of')) {
        complaints.push(message.text());
      }
    });
  });

  afterEach(async () => {
    await context.close();
    await example.close();
    if (complaints.length > 0) throw new Error(`The browser complained: ${complaints.join('; ')}`);
  });

  afterAll(() => browser?.close());

  it('shows an answer token by token, what it cost, and a title for the conversation', async () => {
    await signIn('ada');
    await page.selectOption('#model', 'smart');
    await ask('Ping');

    const answer = page.locator('.answer');
    await page.locator('.writing .answer p').waitFor();
    const early = await answer.textContent();
    await page.locator('.note').waitFor();
    const whole = await answer.textContent();

    expect(String(early).length).toBeLessThan(String(whole).length);
    expect(whole).toContain('You wrote: “Ping”');
    expect(await page.locator('.note').textContent()).toMatch(/^smart · \d+ tokens in, \d+ out · \$0\.00\d+$/);
    await expect.poll(() => page.locator('#title').textContent()).toContain('“Give a title');
    await expect
      .poll(() => page.locator('#budget-text').textContent())
      .toMatch(/^\$0\.00\d+ spent in 2 calls, \$1\.99\d+ left today$/);
  });

  it('aborts the request at the model when Stop or Esc is pressed', async () => {
    await signIn('grace');
    for (const stop of [() => page.click('#stop'), () => page.keyboard.press('Escape')]) {
      example.provider.log.reset();
      await ask('Talk for ever');
      await page.locator('.writing .answer p').waitFor();
      const request = await example.provider.log.waitForRequest(({ model }) => model === 'gpt-4o-mini');
      await stop();

      await example.provider.log.waitForAbort(request);
      await page.locator('#send').waitFor();
    }
    await expect.poll(() => page.getByText('stopped, the model too').count()).toBe(2);
  });

  it('shows markup in an answer as text', async () => {
    await signIn('ada');
    await ask('Attack me');
    await page.locator('.note').waitFor();
    expect(await page.locator('.answer').textContent()).toContain(ATTACK);
    expect(await page.locator('.answer img').count()).toBe(0);
  });

  it('says so when the session has ended, and lets the user sign in again', async () => {
    await signIn('ada');
    await context.clearCookies();
    await ask('Ping');
    await expect.poll(problem).toContain('Your session has ended. Sign in again to go on.');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#sign-in').waitFor();
    expect(example.provider.log.requests).toHaveLength(0);
  });

  it('says so when the budget of the day is spent, wherever it was spent', async () => {
    const client = example.clientWith(await example.signIn('grace'));
    await client.chat.completions.create({ model: 'fast', messages: [{ role: 'user', content: 'Spend it all' }] });
    await signIn('grace');
    await ask('Ping');
    await expect.poll(problem).toContain('Your budget for today does not cover this.');
  });

  it('says so when the plan allows no more calls at a time', async () => {
    const client = example.clientWith(await example.signIn('grace'));
    const talk = () =>
      client.chat.completions.create({
        model: 'fast',
        messages: [{ role: 'user', content: 'Talk for ever' }],
        stream: true,
      });
    const streams = [await talk(), await talk()];
    await signIn('grace');
    await ask('Ping');
    await expect.poll(problem).toMatch(/^That was too much for your plan at once. Try again in .*Try again$/);

    for (const stream of streams) stream.controller.abort();
    const ended = new Set<string>();
    await example.waitForRecord(({ id, outcome }) => outcome === 'client_gone' && ended.add(id).size === 2);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.note').waitFor();
    expect(await page.locator('.mine').count()).toBe(1);
  });

  it('works from the keyboard alone, and on a narrow phone without scrolling sideways', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await page.goto(example.origin);
    await page.getByRole('button', { name: 'Ada' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#model option').first().waitFor({ state: 'attached' });
    await page.keyboard.type('Ping');
    await page.keyboard.press('Enter');
    await page.locator('.note').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  describe('with a page of another site open in the same browser', () => {
    let stranger: Server;
    beforeAll(async () => {
      stranger = createServer((_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<title>Another site</title>');
      }).listen(0, '127.0.0.1');
      await once(stranger, 'listening');
    });
    afterAll(() => stranger.close());

    it.each([
      // Another port is the same site to a browser: the cookie comes along, and the gateway has to refuse.
      ['127.0.0.1', 415],
      // Another host name is another site: the cookie stays at home, being SameSite=Lax.
      ['localhost', 401],
    ])('refuses what that page, at %s, makes the browser post (R21)', async (host, status) => {
      await signIn('ada');
      await page.goto(`http://${host}:${(stranger.address() as AddressInfo).port}`);
      const answered = page.waitForResponse((response) => response.url().startsWith(example.origin));

      await page.evaluate(
        ([url, body]) =>
          fetch(`${url}/llm/v1/chat/completions`, {
            method: 'POST',
            mode: 'no-cors',
            credentials: 'include',
            body,
          }),
        [example.origin, JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Ping' }] })] as const,
      );

      expect((await answered).status()).toBe(status);
      expect(example.provider.log.requests).toHaveLength(0);
    });
  });

  async function signIn(user: string): Promise<void> {
    await page.goto(example.origin);
    await page.click(`[data-user=${user}]`);
    await page.locator('#model option').first().waitFor({ state: 'attached' });
  }

  function problem(): Promise<string | null> {
    return page.locator('.notice.problem:visible').textContent();
  }

  async function ask(question: string): Promise<void> {
    await page.fill('#question', question);
    await page.keyboard.press('Enter');
  }
});

const ATTACK = '<img src=x onerror="document.title = 1">';

const REPLIES: ReadonlyMap<string, string> = new Map([
  ['Talk for ever', 'And on. '.repeat(2_000)],
  ['Attack me', `Look: ${ATTACK}`],
  // More than five cents' worth of gpt-4o-mini.
  ['Spend it all', 'word '.repeat(100_000)],
]);
