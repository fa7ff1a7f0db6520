import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expectRequestedModels, type Question } from '@portico/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningExample, startExpressExample } from './start-express-example.js';

describe('the Express example', () => {
  let example: RunningExample;
  beforeAll(async () => {
    const reply = ({ text }: Question) => {
      if (text.includes('Give a title')) return 'Roofs on columns';
      return text === 'Go on for ever' ? 'word '.repeat(20_000) : undefined;
    };
    example = await startExpressExample({ reply });
  });
  beforeEach(() => example.provider.log.reset());
  afterAll(() => example.close());

  it('offers each user the models of their plan, and nothing to a stranger', async () => {
    const modelsOf = async (cookie: string) => {
      const { data } = await example.clientWith(cookie).models.list();
      return data.map((model) => model.id);
    };
    expect(await modelsOf(await example.signIn('ada'))).toEqual(['fast', 'smart']);
    expect(await modelsOf(await example.signIn('grace'))).toEqual(['fast']);
    await expect(modelsOf('')).rejects.toMatchObject({ status: 401 });
  });

  it('streams to the official client on the session cookie alone, and writes down what it cost', async () => {
    const client = example.clientWith(await example.signIn('ada'));

    const { data: chunks, request_id } = await client.chat.completions
      .create({ model: 'smart', messages: [{ role: 'user', content: 'Ping' }], stream: true })
      .withResponse();
    const pieces: string[] = [];
    for await (const chunk of chunks) pieces.push(chunk.choices[0]?.delta.content ?? '');

    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.join('')).toContain('You wrote: “Ping”');
    expectRequestedModels(example.provider, 'claude-sonnet-4-5');
    const record = await example.waitForRecord(({ id }) => id === request_id);
    expect(record).toMatchObject({ outcome: 'ok', via: 'session', principal: { id: 'ada' }, requestedModel: 'smart' });
    expect(record.usage.outputTokens).toBeGreaterThan(10);
    expect(record.costNanoUsd).toBeGreaterThan(0);
  });

  it('refuses a model that the plan lacks, without asking anybody', async () => {
    const client = example.clientWith(await example.signIn('grace'));
    const asked = client.chat.completions.create({ model: 'smart', messages: [{ role: 'user', content: 'Ping' }] });
    await expect(asked).rejects.toMatchObject({ status: expect.toSatisfy((status) => [403, 404].includes(status)) });
    expectRequestedModels(example.provider);
  });

  it('names a conversation from its own code, for the same user and on the same ledger', async () => {
    const cookie = await example.signIn('ada');
    const answer = await postJson('/api/title', { question: 'What is a portico?' }, cookie);

    expect(await answer.json()).toEqual({ title: 'Roofs on columns' });
    const record = await example.waitForRecord(({ via }) => via === 'internal');
    expect(record).toMatchObject({ outcome: 'ok', principal: { id: 'ada' }, requestedModel: 'fast' });
    expect((await postJson('/api/title', { question: 'Hello?' }, '')).status).toBe(401);
  });

  it('tells the page what has been spent, now and after every call', async () => {
    const cookie = await example.signIn('grace');
    const leave = new AbortController();
    const events = readEvents(
      await fetch(`${example.origin}/api/usage`, { headers: { cookie }, signal: leave.signal }),
    );
    const before = (await events.next()).value;

    const { request_id } = await example
      .clientWith(cookie)
      .chat.completions.create({ model: 'fast', messages: [{ role: 'user', content: 'Ping' }] })
      .withResponse();

    const after = (await events.next()).value;
    leave.abort();
    expect(after.record).toMatchObject({ id: request_id, model: 'fast', outcome: 'ok' });
    expect(after.calls).toBe(before.calls + 1);
    expect(after.spentUsd).toBeCloseTo(before.spentUsd + after.record.costUsd, 9);
    expect(after.budgetUsd).toBe(0.05);
  });

  it('lets in nobody it does not know, and reads no form that another site could send', async () => {
    const unknown = await postJson('/api/session', { user: 'mallory' }, '');
    expect(unknown.status).toBe(401);
    expect(unknown.headers.getSetCookie()).toEqual([]);
    expect(await unknown.json()).toEqual({
      error: { message: 'This user does not exist. Try Ada or Grace.' },
    });

    const form = await fetch(`${example.origin}/api/session`, {
      method: 'POST',
      body: JSON.stringify({ user: 'ada' }),
    });
    expect(form.status).toBe(401);
  });

  it('gives a new session id to whoever signs in, in a cookie that scripts and other sites cannot use', async () => {
    const earlier = await example.signIn('grace');
    const answer = await postJson('/api/session', { user: 'ada' }, earlier);
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(earlier);
    await expect(example.clientWith(earlier).models.list()).rejects.toMatchObject({ status: 401 });
  });

  it('ends the session on signing out', async () => {
    const cookie = await example.signIn('ada');
    await fetch(`${example.origin}/api/session`, { method: 'DELETE', headers: { cookie } });
    await expect(example.clientWith(cookie).models.list()).rejects.toMatchObject({ status: 401 });
  });

  it('ends an answer under way on signing out, with an error', async () => {
    const cookie = await example.signIn('ada');
    const messages = [{ role: 'user' as const, content: 'Go on for ever' }];
    const stream = await example.clientWith(cookie).chat.completions.create({ model: 'fast', messages, stream: true });
    const reading = (async () => {
      let left = false;
      for await (const _ of stream) {
        if (!left) await fetch(`${example.origin}/api/session`, { method: 'DELETE', headers: { cookie } });
        left = true;
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'revoked' });
  });

  it('serves a page that runs scripts from its own files only', async () => {
    const page = await fetch(example.origin);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(await page.text()).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
  });

  function postJson(path: string, body: unknown, cookie: string): Promise<Response> {
    return fetch(`${example.origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
  }
});

describe('the process of the Express example', () => {
  const processes: ChildProcess[] = [];
  afterEach(() => {
    for (const running of processes.splice(0)) running.kill('SIGKILL');
  });

  it('prints a curl command that answers when pasted, and stops when asked to', async () => {
    const main = startMain({ PORT: '0' });
    const banner = await untilPrinted(main, 'Ctrl+C stops.');
    expect(banner).toContain('a fake provider plays the models');

    const [command = ''] = /^curl .+$/m.exec(banner) ?? [];
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 10_000 });
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: expect.stringContaining('Say hello in five words.') }, finish_reason: 'stop' }],
    });

    main.kill('SIGTERM');
    expect(await once(main, 'exit')).toEqual([0, null]);
  });

  it('says what to do when its port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as { port: number };

    const main = startMain({ PORT: String(port) });
    const complaint = await untilPrinted(main, 'npm start');
    squatter.close();

    expect(complaint).toBe(
      `Port ${port} is taken. Stop the program that listens there, or choose another port: PORT=${port + 1} npm start\n`,
    );
    expect(main.exitCode ?? (await once(main, 'exit'))[0]).toBe(1);
  });

  function startMain(env: Record<string, string>): ChildProcess {
    const main = spawn(process.execPath, [mainFile()], { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' });
    processes.push(main);
    return main;
  }
});

function mainFile(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@portico/example-express')), 'main.js');
}

/** All that a process has printed, as soon as it has printed `text`. */
async function untilPrinted(running: ChildProcess, text: string): Promise<string> {
  let printed = '';
  return new Promise((resolve, reject) => {
    const look = (piece: Buffer) => {
      printed += piece.toString();
      if (printed.includes(text)) resolve(printed);
    };
    running.stdout?.on('data', look);
    running.stderr?.on('data', look);
    running.once('exit', () => reject(new Error(`The process ended without printing "${text}":\n${printed}`)));
  });
}

interface UsageEvent {
  readonly calls: number;
  readonly spentUsd: number;
  readonly budgetUsd: number;
  readonly record: { readonly costUsd: number };
}

async function* readEvents(answer: Response): AsyncGenerator<UsageEvent, never> {
  let text = '';
  for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) yield JSON.parse(event.slice('data: '.length));
  }
  throw new Error('The stream of usage events has ended.');
}
