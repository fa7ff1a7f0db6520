import { once } from 'node:events';
import { createServer } from 'node:net';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launch, put, start } from './portico-process.js';

// The gateway as a program of its own, started as its users start it.

const MASTER_KEY = 'sk-a-master-key-of-more-than-twenty';
const messages = [{ role: 'user' as const, content: 'Tell me of porticos.' }];

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ apiKey: 'sk-upstream', tokenDelayMs: 5 });
});
afterAll(() => provider.close());

describe('portico --config', () => {
  it('serves the three lines everybody starts with to the official client, with only its base URL changed', async () => {
    const { url } = await start(['--config', put(threeLines())], { OPENAI_API_KEY: 'sk-upstream' });
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything' });
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages });
    expect(answer.choices[0]?.message.content).toContain('portico');
    const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    let words = '';
    for await (const chunk of stream) words += chunk.choices[0]?.delta.content ?? '';
    expect(words).toContain('portico');
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['gpt-4o']);
  });

  it('asks for the master key, and everything it protects with it', async () => {
    const { url } = await start(['--config', put(guarded())], { OPENAI_API_KEY: 'sk-upstream' });
    const open = ['/health/liveliness', '/health/liveness', '/health/readiness'];
    for (const path of open) expect((await fetch(url + path)).status).toBe(200);
    const closed = ['/health', '/v1/models', '/v1/model/info', '/model/info'];
    for (const path of closed) {
      expect((await fetch(url + path)).status).toBe(401);
      expect(
        (await fetch(url + path, { headers: { authorization: 'Bearer sk-wrong-but-of-a-fitting-length' } })).status,
      ).toBe(401);
      expect((await fetch(url + path, { headers: { authorization: `Bearer ${MASTER_KEY}` } })).status).toBe(200);
    }
    expect((await fetch(`${url}/health/nowhere`)).status).toBe(404);
  });

  it('tells what is behind its models, without credentials', async () => {
    const { url } = await start(['--config', put(guarded())], { OPENAI_API_KEY: 'sk-upstream' });
    const info = await ask(url, '/v1/model/info');
    expect(info.data).toMatchObject([
      {
        model_name: 'gpt-4o',
        litellm_params: { model: 'openai/gpt-4o', api_base: provider.url },
        model_info: { id: 'main', mode: 'chat' },
      },
      { model_name: 'broken' },
    ]);
    expect(JSON.stringify(info)).not.toContain('sk-');
    expect((await ask(url, '/v1/model/info?litellm_model_id=main')).data).toHaveLength(1);
  });

  it('asks each model once for /health, and says which do not answer', async () => {
    const { url } = await start(['--config', put(guarded())], { OPENAI_API_KEY: 'sk-upstream' });
    expect(await ask(url, '/health')).toMatchObject({
      healthy_endpoints: [{ model: 'gpt-4o' }],
      unhealthy_endpoints: [{ model: 'broken', error: expect.any(String) }],
    });
    expect(await ask(url, '/health?model=gpt-4o')).toMatchObject({ healthy_count: 1, unhealthy_count: 0 });
  });

  it('serves whatever fits a star, with or without its vendor', async () => {
    const text = `model_list: [{model_name: "*", litellm_params: {model: "*", api_base: "${provider.url}"}}]\n`;
    const { url } = await start(['--config', put(text)], { OPENAI_API_KEY: 'sk-upstream' });
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything', maxRetries: 0 });
    for (const model of ['gpt-4o', 'openai/gpt-4o']) {
      expect((await openai.chat.completions.create({ model, messages })).model).toBe('gpt-4o');
    }
    await expect(openai.chat.completions.create({ model: 'nobodys', messages })).rejects.toMatchObject({ status: 404 });
    const { data } = await ask(url, '/v1/model/info');
    expect(data).toContainEqual(expect.objectContaining({ model_name: '*' }));
  });

  it('says at the start which keys do nothing', async () => {
    const text = `${threeLines()}router_settings: {routing_strategy_args: {ttl: 60}}\n`;
    const { errors } = await start(['--config', put(text), '--detailed_debug'], { OPENAI_API_KEY: 'sk-upstream' });
    expect(errors()).toContain(
      'config.yaml:7 router_settings.routing_strategy_args has no effect: the strategy has no settings',
    );
    expect(errors()).toContain('--detailed-debug has no effect with this command.');
  });

  it('ends by itself after SIGTERM, once running streams have ended; new calls are refused meanwhile (R-CFG-3)', async () => {
    const { url, child, exit } = await start(['--config', put(threeLines())], { OPENAI_API_KEY: 'sk-upstream' });
    // Whoever started it may have stopped reading what it prints.
    child.stdout?.destroy();
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything', maxRetries: 0 });
    const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    let finish: string | null | undefined;
    let chunks = 0;
    let ready: number | undefined;
    for await (const chunk of stream) {
      if (chunks++ === 2) child.kill('SIGTERM');
      if (chunks > 3 && ready !== 503) ready = (await fetch(`${url}/health/readiness`)).status;
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect(finish).toBe('stop');
    expect(chunks).toBeGreaterThan(5);
    expect(ready).toBe(503);
    expect(await exit).toBe(0);
    await expect(fetch(`${url}/health/liveliness`)).rejects.toThrow();
  });
});

describe("portico, to clients of LiteLLM's proxy", () => {
  const shown: readonly (readonly [string, Record<string, string>, string])[] = [
    ['in the header of the file', { 'x-house-key': MASTER_KEY }, ''],
    [
      'beside what is for somebody else',
      { 'x-litellm-api-key': `Bearer ${MASTER_KEY}`, authorization: 'Bearer x' },
      '',
    ],
    ['as to Gemini', { 'x-goog-api-key': MASTER_KEY }, ''],
    ['as to Gemini, in the address', {}, `?key=${MASTER_KEY}`],
    ["as to Azure's API management", { 'Ocp-Apim-Subscription-Key': MASTER_KEY }, ''],
    ['as to Anthropic', { 'x-api-key': MASTER_KEY }, ''],
    ['as to Azure', { 'api-key': MASTER_KEY }, ''],
  ];

  it('takes keys wherever those show them, and tells what they look for, where the file asks for it', async () => {
    const file = put(guarded().replace('master_key', 'litellm_key_header_name: X-House-Key, master_key'));
    const { url } = await start(['--config', file, '--compat', 'litellm'], { OPENAI_API_KEY: 'sk-upstream' });
    for (const [how, headers, query] of shown) {
      const answer = await askChat(`${url}/v1/chat/completions${query}`, headers);
      expect(answer.status, how).toBe(200);
      expect((await fetch(`${url}/v1/model/info${query}`, { headers })).status, how).toBe(200);
      expect(answer.headers.get('x-litellm-model-id')).toBe('main');
      expect(answer.headers.get('x-litellm-call-id')).toBe(answer.headers.get('x-request-id'));
      expect(answer.headers.get('x-litellm-attempted-retries')).toBe('0');
      expect(answer.headers.get('x-litellm-response-duration-ms')).toMatch(/^\d+$/);
      expect(answer.headers.get('x-litellm-version')).toMatch(/^\d+\.\d+/);
    }
    const wrong = { 'x-litellm-api-key': 'sk-wrong-but-of-a-fitting-length', authorization: `Bearer ${MASTER_KEY}` };
    expect((await askChat(`${url}/v1/chat/completions`, wrong)).status).toBe(401);
  });

  it('lets requests steer themselves: other models, and deployments by tags', async () => {
    const upstream = (model: string, more = '') =>
      `litellm_params: {model: openai/${model}, api_key: os.environ/OPENAI_API_KEY, api_base: "${provider.url}"${more}}`;
    const file = put(`model_list:
  - {model_name: broken, ${upstream('fault-f21')}}
  - {model_name: gpt-4o, ${upstream('well', ', tags: [default]')}}
  - {model_name: gpt-4o, ${upstream('paid', ', tags: [paid]')}}
router_settings: {enable_tag_filtering: true}
`);
    const { url } = await start(['--config', file, '--compat', 'litellm'], { OPENAI_API_KEY: 'sk-upstream' });
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything', maxRetries: 0 });
    const asked = { model: 'broken', messages, fallbacks: ['gpt-4o'], tags: ['paid'] };
    const { data, response } = await openai.chat.completions
      .create(asked, { headers: { 'x-litellm-num-retries': '1' } })
      .withResponse();
    expect(data.model).toBe('paid');
    expect(response.headers.get('x-litellm-model-group')).toBe('gpt-4o');
    expect(response.headers.get('x-litellm-attempted-retries')).toBe('1');
    expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
    expect((await openai.chat.completions.create({ model: 'gpt-4o', messages })).model).toBe('well');
  });

  it('is none of that where the file does not ask', async () => {
    const { url } = await start(['--config', put(guarded())], { OPENAI_API_KEY: 'sk-upstream' });
    const at = `${url}/v1/chat/completions`;
    expect((await askChat(at, { 'x-litellm-api-key': MASTER_KEY })).status).toBe(401);
    expect((await askChat(`${at}?key=${MASTER_KEY}`, {})).status).toBe(401);
    const answer = await askChat(at, { authorization: `Bearer ${MASTER_KEY}` });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-litellm'))).toEqual([]);
  });

  function askChat(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    const body = JSON.stringify({ model: 'gpt-4o', messages });
    return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  }
});

describe('portico --model', () => {
  it('serves one model, under another name where one is given', async () => {
    const args = ['--model', 'gpt-4o', '--alias', 'best', '--api_base', provider.url];
    const { url } = await start(args, { OPENAI_API_KEY: 'sk-upstream' });
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything' });
    expect((await openai.chat.completions.create({ model: 'best', messages })).choices).toHaveLength(1);
  });

  it('takes a configuration of its own shape as well', async () => {
    const text = `models: {fast: {deployments: [{model: openai/gpt-4o, baseUrl: "${provider.url}"}]}}
keys: [{key: env:KEY, principal: {id: ada, models: [fast]}}]`;
    const { url } = await start(['-c', put(text)], { OPENAI_API_KEY: 'sk-upstream', KEY: MASTER_KEY });
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: MASTER_KEY });
    expect((await openai.chat.completions.create({ model: 'fast', messages })).choices).toHaveLength(1);
  });
});

describe('portico does not start', () => {
  it.each([
    ['without anything to serve', [], {}, 2, 'Name a model or a configuration'],
    ['with an option it does not know', ['--prot', '4000'], {}, 2, "Unknown option '--prot'"],
    ['with a command it does not know', ['chek'], {}, 2, 'There is no command "chek"'],
    ['with a port that is none', ['--model', 'gpt-4o', '--port', 'x'], {}, 2, 'A port must be a number up to 65535'],
    [
      'without a credential (R-CFG-2)',
      ['--model', 'gpt-4o'],
      {},
      1,
      '"openai/gpt-4o" has no credential. Set OPENAI_API_KEY',
    ],
    ['without the file', ['--config', 'nowhere.yaml'], {}, 1, 'nowhere.yaml:1:1: there is no such file.'],
  ])('%s', async (_what, args, environment, code, message) => {
    const { exit, errors } = launch(args, environment);
    expect(await exit).toBe(code);
    expect(errors()).toContain(message);
  });

  it('half configured: whatever is wrong is named with its line (R-CFG-1)', async () => {
    const file = put(threeLines().replace('api_key:', 'api_kye:'));
    const { exit, errors } = launch(['--config', file], {});
    expect(await exit).toBe(1);
    expect(errors()).toContain(
      ':5:7 model_list[0].litellm_params.api_kye: there is no such key (did you mean "api_key"?).',
    );
  });

  it('on 4000, where nothing else is said, if that is taken', async () => {
    const taken = createServer().on('error', () => undefined);
    taken.listen(4000, '127.0.0.1');
    await Promise.race([once(taken, 'listening'), once(taken, 'error')]);
    onTestFinished(() => void taken.close());
    const { exit, errors } = launch(['--model', 'gpt-4o'], { OPENAI_API_KEY: 'k' });
    expect(await exit).toBe(1);
    expect(errors()).toContain(
      'Port 4000 is taken. Stop the program that listens there, or choose another port: --port 4001',
    );
  });
});

describe('portico check', () => {
  it('prints what becomes of each key, and answers by its exit code whether the file can be used', async () => {
    const good = launch(['check', put(threeLines())], { OPENAI_API_KEY: 'k' });
    expect(await good.exit).toBe(0);
    expect(good.output()).toMatch(/^.*config\.yaml: LiteLLM's configuration, 1 model, 1 deployment\n/);
    expect(good.output()).toContain('It can be used.');
    const bad = launch(['check', put(`${threeLines()}general_settings: {custom_auth: auth.check}\n`)], {
      OPENAI_API_KEY: 'k',
    });
    expect(await bad.exit).toBe(1);
    expect(bad.output()).toMatch(/Refused \(1\)\n.*config\.yaml:7 {2}general_settings\.custom_auth {2}this is Python/);
  });
});

/** What everybody starts with, and where this test's models are. */
function threeLines(): string {
  return `model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      api_base: ${provider.url}
`;
}

function guarded(): string {
  return `model_list:
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, api_base: "${provider.url}"}
    model_info: {id: main, mode: chat}
  - model_name: broken
    litellm_params: {model: openai/fault-f19, api_key: os.environ/OPENAI_API_KEY, api_base: "${provider.url}", num_retries: 0}
general_settings: {master_key: ${MASTER_KEY}}
`;
}

async function ask(url: string, path: string): Promise<{ readonly data: readonly object[] }> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${MASTER_KEY}` } });
  return (await answer.json()) as { readonly data: readonly object[] };
}
