import { buildApp as buildFastify } from '@portico/example-fastify';
import { buildApp as buildHono } from '@portico/example-hono';
import { buildApp as buildKoa } from '@portico/example-koa';
import { buildApp as buildNest } from '@portico/example-nestjs';
import type { Example, ExampleOptions } from '@portico/example-shared';
import { expectNoOpenRequests, type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';

const EXAMPLES: Readonly<Record<string, (options: ExampleOptions) => Promise<Example>>> = {
  koa: buildKoa,
  fastify: buildFastify,
  hono: buildHono,
  nestjs: buildNest,
};

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
      expect(await usage.text()).toMatch(/Compilers &#38; Co[\s\S]*<td>grace<\/td><td>fast<\/td><td>ok<\/td>/);
      expect((await fetch(`${origin}/usage`)).status).toBe(401);
    });

    it('ends what runs when a tenant changes its plan, and holds it to the new one', async () => {
      const { origin, provider } = await start(build, { tokenDelayMs: 40, reply: () => 'word '.repeat(2_000) });
      const cookie = await signIn(origin, 'ada');
      const open = () =>
        clientOf(origin, cookie).chat.completions.create({
          model: 'fast',
          stream: true,
          messages: [{ role: 'user', content: 'Go on for ever' }],
        });
      const change = async (plan: string) => {
        const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
        return fetch(`${origin}/plan`, { method: 'POST', redirect: 'manual', headers, body: `plan=${plan}` });
      };
      expect((await change('platinum')).status).toBe(400);
      const streams = [await open(), await open()];
      const ends = streams.map(async (stream) => {
        for await (const _ of stream);
      });
      const [, changed] = await Promise.all([Promise.allSettled(ends), change('free')]);
      expect(changed.status).toBe(303);
      for (const end of ends) await expect(end).rejects.toMatchObject({ code: 'revoked' });
      await expectNoOpenRequests(provider);
      const one = await open();
      // The free plan answers one call at a time.
      await expect(open()).rejects.toMatchObject({ status: 429 });
      one.controller.abort();
    });
  }
});

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
