import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectNoOpenRequests, type FakeProvider, startFakeProvider } from '@portico/testing';
import { SignJWT } from 'jose';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { programOf, RUNTIME_NAMES, type Running, startRuntime } from './start-runtime.js';

const JWT_SECRET = 'a secret of the tests, and of nothing else';

describe.each(RUNTIME_NAMES)('R-HOST: examples/fetch in %s', (name) => {
  // Their packages bring programs for some machines only; where every check must run, their absence is a failure.
  if (programOf(name) === undefined && process.env.CI !== 'true') {
    return it.skip(`is skipped: its package has no program for ${process.platform} ${process.arch}`, () => {});
  }

  let words = 'Hello from the provider.';
  let provider: FakeProvider;
  let running: Running;
  beforeAll(async () => {
    provider = await startFakeProvider({ tokenDelayMs: 5, reply: () => words });
    running = await startRuntime(name, environment());
  }, 60_000);
  afterAll(async () => {
    await running.stop();
    await provider.close();
  });
  beforeEach(() => {
    words = 'Hello from the provider.';
    provider.log.reset();
  });

  const ask = { model: 'fast', messages: [{ role: 'user' as const, content: 'Hello' }] };

  it('refuses strangers, and nothing is asked', async () => {
    await expect(clientFor('not a token').chat.completions.create(ask)).rejects.toMatchObject({ status: 401 });
    expect(provider.log.requests).toEqual([]);
  });

  it('answers whole, streamed and of a form with a file, to the official client', async () => {
    const openai = await clientOf('ada');
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['fast']);
    expect((await openai.chat.completions.create(ask)).choices[0]?.message.content).toBe(words);
    const stream = openai.chat.completions.stream(ask);
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(words);
    const file = await toFile(Buffer.alloc(100_000), 'speech.wav');
    expect((await openai.audio.transcriptions.create({ model: 'fast', file })).text).toBeTypeOf('string');
  });

  it('lets a client that leaves take the request to the vendor with it (R-STR-7)', async () => {
    words = 'word '.repeat(10_000);
    const openai = await clientOf('ada');
    const stream = await openai.chat.completions.create({ ...ask, stream: true });
    for await (const _ of stream) break;
    await expectNoOpenRequests(provider);
  });

  it('never ends a stream cleanly that its vendor broke off (R-STR-3)', async () => {
    const dying = await startDyingProvider();
    const broken = await startRuntime(name, environment(dying.url));
    onTestFinished(async () => {
      await broken.stop();
      dying.close();
    });
    const openai = clientFor(await tokenOf('ada'), broken.origin);
    const stream = await openai.chat.completions.create({ ...ask, stream: true });
    const reading = (async () => {
      for await (const { choices } of stream) {
        expect(choices[0]?.delta.content).toBe('Half an');
        dying.die();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'upstream_unreachable' });
  });

  it('ends a stream when its reader logs out, with an error', async () => {
    words = 'word '.repeat(10_000);
    const openai = await clientOf('grace');
    const stream = await openai.chat.completions.create({ ...ask, stream: true });
    const reading = (async () => {
      let left = false;
      for await (const _ of stream) {
        if (!left)
          await fetch(`${running.origin}/logout`, { headers: { authorization: `Bearer ${await tokenOf('grace')}` } });
        left = true;
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'revoked' });
    await expectNoOpenRequests(provider);
  });

  it('printed nothing that somebody should have caught', () => {
    expect(running.output()).not.toMatch(/unhandled|uncaught|TypeError|rejection/i);
  });

  async function clientOf(user: string): Promise<OpenAI> {
    return clientFor(await tokenOf(user));
  }

  function clientFor(token: string, origin = running.origin): OpenAI {
    return new OpenAI({ baseURL: `${origin}/llm/v1`, apiKey: token, maxRetries: 0 });
  }

  function environment(url = provider.url) {
    return { JWT_SECRET, OPENAI_API_KEY: 'sk-upstream', OPENAI_BASE_URL: url };
  }
});

describe('R-HOST: examples/fetch as a route handler of Next.js', () => {
  it('answers the official client, streamed, and refuses strangers', async () => {
    const provider = await startFakeProvider({ reply: () => 'Hello from the provider.' });
    onTestFinished(() => provider.close());
    // Next reads these at start, and the module reads them when it is loaded.
    for (const [name, value] of Object.entries({ JWT_SECRET, OPENAI_API_KEY: 'sk', OPENAI_BASE_URL: provider.url })) {
      vi.stubEnv(name, value);
    }
    onTestFinished(() => void vi.unstubAllEnvs());
    const { GET, POST } = await import('@portico/example-fetch/next-route');
    const ask: typeof fetch = (input, init) => (init?.method === 'POST' ? POST : GET)(new Request(input, init));
    const client = (apiKey: string) =>
      new OpenAI({ baseURL: 'https://app.example/llm/v1', apiKey, maxRetries: 0, fetch: ask });
    await expect(client('nobody').models.list()).rejects.toMatchObject({ status: 401 });
    const openai = client(await tokenOf('ada'));
    expect((await openai.models.list()).data).toHaveLength(1);
    const stream = openai.chat.completions.stream({ model: 'fast', messages: [{ role: 'user', content: 'Hello' }] });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('Hello from the provider.');
  });
});

function tokenOf(user: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .sign(new TextEncoder().encode(JWT_SECRET));
}

/** A provider whose process dies when told to, during its answers. */
async function startDyingProvider(): Promise<{ readonly url: string; die(): void; close(): void }> {
  const chunk = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content: 'Half an' }, finish_reason: null }],
  };
  const server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`data: ${JSON.stringify(chunk)}\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, die: () => server.closeAllConnections(), close: () => server.close() };
}
