import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rawRequest } from '../test/raw-request.js';
import {
  expectNoOpenRequests,
  expectRequestedModels,
  FAULTS,
  fakeClock,
  faultModels,
  faultTable,
  listCases,
  readCase,
  startFakeProvider,
  startReplayProvider,
  strictTable,
  strictVendor,
  unreachableUrls,
} from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  it.each([
    ['faults', 'FAULTS', faultTable()],
    ['strict', 'strictRules()', strictTable()],
  ])('has the table of %s as %s has it', (mark, _data, table) => {
    const shown = readme.split(`<!-- ${mark} -->\n`)[1]?.split(`\n<!-- /${mark} -->`)[0];
    // How a formatter pads the columns does not matter.
    const unpadded = (text = ''): string =>
      text
        .replaceAll(/ +/g, ' ')
        .replaceAll(/[ -]*-[ -]*\|/g, '---|')
        .trim();
    expect(unpadded(shown)).toBe(unpadded(table));
  });

  it('shows only code that is run below', () => {
    const run = squeezed(readFileSync(new URL(import.meta.url), 'utf8'));
    const snippets = readme
      .split('```ts\n')
      .slice(1)
      .map((part) => part.split('```')[0] ?? '');
    expect(snippets).toHaveLength(10);
    for (const snippet of snippets) expect(run).toContain(squeezed(snippet.replace(/^import .*$/m, '')));
  });

  it('starts a fake provider', async () => {
    const provider = await startFakeProvider({
      tokenDelayMs: 30, // reads like a real model; the default is 0
      reply: ({ text }) => (text === 'ping' ? 'pong' : undefined), // your own answer, if a test needs one
    });

    const answer = await fetch(`${provider.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'any-name', messages: [{ role: 'user', content: 'ping' }] }),
    });

    await provider.close();
    expect(answer.status).toBe(200);
  });

  it("plays an agent's model", async () => {
    const model = await startFakeProvider({
      reply: ({ toolResults: [result] }) =>
        result === undefined
          ? { calls: [{ name: 'write', arguments: { filePath: 'note.txt', content: 'Hello' } }] }
          : `Done: ${result}`,
    });
    const ask = (messages: readonly object[]) =>
      rawRequest(`${model.url}/chat/completions`, { model: 'any-name', messages }).answer;
    const question = { role: 'user', content: 'Take a note.' };
    expect((await ask([question])).text).toContain('note.txt');
    expect((await ask([question, { role: 'tool', content: 'written' }])).text).toContain('Done: written');
    await model.close();
  });

  it('waits for what the provider sees', async () => {
    const provider = await startFakeProvider({ tokenDelayMs: 1000 });
    const body = { model: 'slow-model', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
    const client = rawRequest(`${provider.url}/chat/completions`, body);
    const seen = await provider.log.waitForRequest(({ model }) => model === 'slow-model');
    client.leave();
    await provider.log.waitForAbort(seen);
    await expectNoOpenRequests(provider);
    expectRequestedModels(provider, 'slow-model');
    await provider.close();
    expect(seen.outcome).toBe('aborted');
  });

  it('sets how faults behave, and goes through them all', async () => {
    const faulty = await startFakeProvider({
      contentTokens: 3, // tokens before a fault in the middle of a stream; default 5
      retryAfterSeconds: 1, // what 429 and 503 ask for; default 2
      healAfter: 1, // each faulty model fails once and is then healthy; default: it always fails
    });
    await faulty.close();
    const names: string[] = [];
    for (const fault of FAULTS) {
      for (const model of faultModels(fault)) names.push(model);
    }
    expect(names).toContain('fault-f16-date');
  });

  it('refuses as a vendor does', async () => {
    const groq = await startFakeProvider({ strict: 'groq' }); // or strictUpstream('groq')
    const messages = [{ role: 'user', content: 'Hi', cache_control: { type: 'ephemeral' } }];
    const { answer } = rawRequest(`${groq.url}/chat/completions`, { model: 'llama-3.3-70b-versatile', messages });
    expect((await answer).status).toBe(400);
    await groq.close();

    const refusal = strictVendor('cohere').check({
      path: '/v2/chat',
      body: {
        model: 'command-a-03-2025',
        messages: [{ role: 'user', content: 'Hi' }],
        cache_control: { type: 'ephemeral' },
      },
    });
    const why = refusal && `${refusal.status} ${refusal.message} (${refusal.rule}: ${refusal.source})`;
    expect(why).toMatch(/^422 unknown field/);
  });

  it('opens unreachable URLs', async () => {
    const unreachable = await unreachableUrls();
    const { refused, unresolvable, plainText, selfSigned } = unreachable;
    await unreachable.close();
    for (const url of [refused, unresolvable, plainText, selfSigned]) expect(url).toMatch(/\/v1$/);
  });

  const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
  const fixtures = join(shared, 'fixtures');
  const absent = !existsSync(fixtures) && process.env.CI !== 'true';

  it.skipIf(absent)(`replays recordings${absent ? ' (skipped: no recorded traffic here)' : ''}`, async () => {
    const asked: unknown[] = [];
    const askThrough = async (...all: unknown[]): Promise<void> => void asked.push(all);
    const replay = await startReplayProvider({ fixtures, chunking: 'random', seed: 7 });
    for (const { id } of listCases(fixtures, ({ api, stream }) => api === 'chat' && stream)) {
      const recorded = readCase(fixtures, id);
      await askThrough(replay.caseUrl(id), recorded.request.body, recorded.expected);
    }
    await replay.close();
    expect(asked.length).toBeGreaterThan(200);
  });

  it('moves a clock', async () => {
    const story: string[] = [];
    const clock = fakeClock();
    clock.after(1000, () => story.push('a second has passed'));
    await clock.advance(1000);
    clock.set(Date.UTC(2030, 0, 1));
    expect(story).toEqual(['a second has passed']);
  });
});

function squeezed(code: string): string {
  return code.replaceAll(/\s+/g, ' ').trim();
}
