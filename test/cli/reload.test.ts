import { once } from 'node:events';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Launched, put, start } from './portico-process.js';

// The configuration changes while calls are under way.

const messages = [{ role: 'user' as const, content: 'Tell me of porticos.' }];
const environment = { OPENAI_API_KEY: 'sk-upstream' };

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ tokenDelayMs: 2 });
});
afterAll(() => provider.close());

describe('a configuration that changes', () => {
  it.each([
    ['one process', []],
    ['two workers', ['--workers', '2']],
  ])(
    'is taken under load without one failed call, and no call sees half of each: %s (R-CFG-4, h07)',
    async (_what, args) => {
      const file = put(edition('a'));
      const portico = await start(['--config', file, ...args], environment);
      const openai = new OpenAI({ baseURL: `${portico.url}/v1`, apiKey: 'anything', maxRetries: 0 });
      const from = provider.log.requests.length;
      let calls = 0;
      let loading = true;
      const load = Promise.all(Array.from({ length: 12 }, (_, index) => askOnAndOn(index % 2 === 0)));
      for (let change = 0; change < 8; change += 1) {
        const taken = said(portico, 'The new configuration is in use');
        rewrite(file, edition(change % 2 === 0 ? 'b' : 'a'));
        portico.child.kill('SIGHUP');
        await taken;
        const enough = calls + 20;
        while (calls < enough) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      loading = false;
      await load;

      const seen = provider.log.requests.slice(from);
      const models = seen.map(({ body }) => (body as { readonly model: string }).model);
      expect(seen.map(({ headers }) => `edition-${String(headers['x-edition'])}`)).toEqual(models);
      expect(new Set(models)).toEqual(new Set(['edition-a', 'edition-b']));
      expect(models).toHaveLength(calls);

      async function askOnAndOn(stream: boolean): Promise<void> {
        while (loading) {
          calls += 1;
          if (!stream) await openai.chat.completions.create({ model: 'gpt-4o', messages });
          else {
            let finish: string | null | undefined;
            const chunks = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
            for await (const chunk of chunks) finish = chunk.choices[0]?.finish_reason ?? finish;
            expect(finish).toBe('stop');
          }
        }
      }
    },
  );

  it('is noticed by itself, be it in a file that the first one includes', async () => {
    const file = put('include: [models.yaml]\n');
    const included = join(dirname(file), 'models.yaml');
    writeFileSync(included, edition('a'));
    const portico = await start(['--config', file], environment);
    const taken = said(portico, 'The new configuration is in use: portico serves gpt-4o, other.');
    appendFileSync(included, edition('b').replace('model_list:\n', '').replace('gpt-4o', 'other'));
    await taken;
    expect((await modelsOf(portico)).sort()).toEqual(['gpt-4o', 'other']);
  });

  it('is not taken if it cannot be used: what is wrong is said, and the old one is served until it is put right', async () => {
    const file = put(edition('a'));
    const portico = await start(['--config', file], environment);
    const refused = saidAsError(portico, 'The new configuration was not loaded; the earlier one stays in use.');
    rewrite(file, edition('b').replace('model_name', 'modle_name'));
    portico.child.kill('SIGHUP');
    await refused;
    expect(portico.errors()).toContain(
      ':2:5 model_list[0].modle_name: there is no such key (did you mean "model_name"?)',
    );
    expect(await modelsOf(portico)).toEqual(['gpt-4o']);
    const taken = said(portico, 'The new configuration is in use');
    rewrite(file, edition('b').replace('gpt-4o', 'better'));
    await taken;
    expect(await modelsOf(portico)).toEqual(['better']);
  });

  it('does not open to everybody a server that everybody can reach', async () => {
    const key = 'sk-a-master-key-of-more-than-twenty';
    const file = put(`${edition('a')}general_settings: {master_key: ${key}}\n`);
    const portico = await start(['--config', file], environment);
    const refused = saidAsError(portico, 'Everybody who reaches this machine could call');
    rewrite(file, edition('a'));
    portico.child.kill('SIGHUP');
    await refused;
    expect((await fetch(`${portico.url}/v1/models`)).status).toBe(401);
  });

  it('does not forget who rests', async () => {
    const full = await startFakeProvider({ retryAfterSeconds: 60 });
    onTestFinished(() => full.close());
    const resting = (more = '') => `model_list:
  - {model_name: gpt-4o, litellm_params: {model: openai/fault-f15, api_base: "${full.url}", num_retries: 0}}
${more}`;
    const file = put(resting());
    const portico = await start(['--config', file], environment);
    const openai = new OpenAI({ baseURL: `${portico.url}/v1`, apiKey: 'anything', maxRetries: 0 });
    const ask = () => openai.chat.completions.create({ model: 'gpt-4o', messages });
    await expect(ask()).rejects.toMatchObject({ status: 429 });
    const taken = said(portico, 'The new configuration is in use: portico serves gpt-4o, other.');
    rewrite(file, resting('  - {model_name: other, litellm_params: {model: openai/gpt-4o}}\n'));
    portico.child.kill('SIGHUP');
    await taken;
    await expect(ask()).rejects.toMatchObject({ status: 503 });
    expect(full.log.requests).toHaveLength(1);
  });

  it('may say anew who may call', async () => {
    const [first, second] = ['sk-short-one', 'sk-a-master-key-of-more-than-twenty'];
    const guarded = (key: string) => `${edition('a')}general_settings: {master_key: ${key}}\n`;
    const file = put(guarded(first));
    const portico = await start(['--config', file], environment);
    const status = async (key: string) =>
      (await fetch(`${portico.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await status(first), await status(second)]).toEqual([200, 401]);
    for (const [text, expected] of [
      [guarded(second), [401, 200]],
      [guarded(first), [200, 401]],
      [edition('a'), [200, 200]],
    ] as const) {
      const taken = said(portico, 'The new configuration is in use');
      rewrite(file, text);
      portico.child.kill('SIGHUP');
      await taken;
      expect([await status(first), await status(second)]).toEqual(expected);
    }
  });

  it('does not forget what was spent', async () => {
    const budget = (name: string) =>
      `${edition('a').replace('gpt-4o', name).replace('extra_headers', 'input_cost_per_token: 1, output_cost_per_token: 1, extra_headers')}litellm_settings: {max_budget: 1000000}\n`;
    const file = put(budget('dear'));
    const portico = await start(['--config', file], environment);
    const openai = new OpenAI({ baseURL: `${portico.url}/v1`, apiKey: 'anything', maxRetries: 0 });
    const ask = (model: string, tokens: number) =>
      openai.chat.completions.create({ model, messages, max_completion_tokens: tokens });
    await ask('dear', 500_000);
    const taken = said(portico, 'The new configuration is in use');
    rewrite(file, budget('dearer'));
    portico.child.kill('SIGHUP');
    await taken;
    await expect(ask('dearer', 999_990)).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
  });
});

/** Two things that must change together. */
function edition(name: string): string {
  return `model_list:
  - model_name: gpt-4o
    litellm_params: {model: openai/edition-${name}, api_base: "${provider.url}", extra_headers: {x-edition: ${name}}}
`;
}

function rewrite(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

async function modelsOf({ url }: { readonly url: string }): Promise<string[]> {
  const answer = (await (await fetch(`${url}/v1/models`)).json()) as {
    readonly data: readonly { readonly id: string }[];
  };
  return answer.data.map(({ id }) => id);
}

/** Resolves as soon as it prints these words once more. */
function said(portico: Launched, words: string): Promise<void> {
  return heard(portico, 'stdout', portico.output, words);
}

function saidAsError(portico: Launched, words: string): Promise<void> {
  return heard(portico, 'stderr', portico.errors, words);
}

async function heard(portico: Launched, from: 'stdout' | 'stderr', all: () => string, words: string): Promise<void> {
  const before = all().split(words).length;
  while (all().split(words).length === before) await once(portico.child[from] ?? portico.child, 'data');
}
