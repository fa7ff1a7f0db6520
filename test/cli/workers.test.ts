import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { memoryCounters } from '@portico/core/store';
import { type FakeProvider, fakeClock, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerCounters, type Channel, ipcCounters } from '../../packages/cli/dist/workers/ipc-counters.js';
import { counterStoreContract } from '../contracts/counter-store.js';
import { put, start } from './portico-process.js';

const runFile = promisify(execFile);
const MASTER_KEY = 'sk-a-master-key-of-more-than-twenty';
const messages = [{ role: 'user' as const, content: 'Tell me of porticos.' }];

counterStoreContract('The counters of the process that started a worker', () => {
  const clock = fakeClock();
  const [here, there] = channelPair();
  answerCounters(there, memoryCounters(clock));
  return { store: ipcCounters(here), now: () => clock.now(), pass: (ms) => clock.advance(ms) };
});

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ tokenDelayMs: 5 });
});
afterAll(() => provider.close());

describe('portico --workers', () => {
  it('serves with several processes on one port, whose limits are those of one (R-BUD-1)', async () => {
    const config = `models: {fast: {deployments: [{model: openai/gpt-4o, baseUrl: "${provider.url}"}]}}
keys: [{key: env:KEY, principal: {id: ada, limits: {requestsPerMinute: 5}}}]`;
    const { url } = await start(['--config', put(config), '--workers', '2'], { OPENAI_API_KEY: 'k', KEY: MASTER_KEY });
    const ask = () =>
      // A connection each: they go to the workers in turn.
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ model: 'fast', messages }),
      });
    const statuses = (await Promise.all(Array.from({ length: 20 }, ask))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(15);
  });

  it('replaces a worker that dies', async () => {
    const portico = await start(['--model', 'gpt-4o', '--api-base', provider.url, '--workers', '2'], {
      OPENAI_API_KEY: 'k',
    });
    while (!portico.output().includes('2 workers are serving.')) await nextLine(portico.child.stdout);
    const [victim] = await childrenOf(portico.child.pid ?? 0);
    process.kill(victim ?? 0, 'SIGKILL');
    while (!portico.errors().includes('and is replaced')) await nextLine(portico.child.stderr);
    const openai = new OpenAI({ baseURL: `${portico.url}/v1`, apiKey: 'anything' });
    expect((await openai.chat.completions.create({ model: 'gpt-4o', messages })).choices).toHaveLength(1);
    await expect.poll(async () => (await childrenOf(portico.child.pid ?? 0)).length, { timeout: 10_000 }).toBe(2);
  });

  it('ends after SIGTERM, once running streams have ended in whichever worker (R-CFG-3)', async () => {
    const portico = await start(['--model', 'gpt-4o', '--api-base', provider.url, '--workers', '2'], {
      OPENAI_API_KEY: 'k',
    });
    const openai = new OpenAI({ baseURL: `${portico.url}/v1`, apiKey: 'anything', maxRetries: 0 });
    const streams = await Promise.all(
      [1, 2, 3, 4].map(() => openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true })),
    );
    portico.child.kill('SIGTERM');
    const finishes = streams.map(async (stream) => {
      let finish: string | null | undefined;
      for await (const chunk of stream) finish = chunk.choices[0]?.finish_reason ?? finish;
      return finish;
    });
    expect(await Promise.all(finishes)).toEqual(['stop', 'stop', 'stop', 'stop']);
    expect(await portico.exit).toBe(0);
  });
});

function channelPair(): readonly [Channel, Channel] {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const end = (own: 0 | 1, other: 0 | 1): Channel => ({
    send: (message) => {
      const copy = structuredClone(message);
      setImmediate(() => {
        for (const listener of listeners[other]) listener(copy);
      });
    },
    onMessage: (listener) => void listeners[own].push(listener),
  });
  return [end(0, 1), end(1, 0)];
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await runFile('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter(Boolean).map(Number);
}

function nextLine(stream: NodeJS.ReadableStream | null): Promise<unknown> {
  return once(stream ?? process.stdin, 'data');
}
