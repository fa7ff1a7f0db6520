import { type FakeProvider, startFakeProvider } from '@portico/testing';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type RedisServer, startRedis, withoutRedis } from '../support/redis-server.js';
import { put, start } from './portico-process.js';
import { portico } from './run-here.js';

const KEY = 'sk-a-master-key-of-more-than-twenty';

describe.skipIf(withoutRedis)(`servers on one Redis${withoutRedis === undefined ? '' : ` (${withoutRedis})`}`, () => {
  let server: RedisServer;
  let provider: FakeProvider;
  beforeAll(async () => {
    server = await startRedis();
    provider = await startFakeProvider();
  });
  afterAll(async () => {
    await provider?.close();
    await server?.stop();
  });

  it('have limits in common, be it the command line, the environment or the file that names it (R-BUD-1)', async () => {
    const servers = await Promise.all([
      start(['--config', put(native()), '--redis', server.url], environment),
      start(['--config', put(native())], { ...environment, REDIS_URL: server.url }),
      start(['--config', put(native(`redis: ${server.url}\n`))], environment),
    ]);
    const statuses: number[] = [];
    for (let call = 0; call < 30; call++) statuses.push(await ask(servers[call % 3]?.url ?? ''));
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
  });

  it('spend one budget where the file is one of LiteLLM, with several workers too', async () => {
    const config = `model_list: [{model_name: fast, litellm_params: {model: openai/gpt-4o, api_base: "${provider.url}"}}]
router_settings: {redis_host: 127.0.0.1, redis_port: ${server.port}}
litellm_settings: {max_budget: 100}
general_settings: {master_key: ${KEY}}`;
    const servers = await Promise.all([
      start(['--config', put(config), '--workers', '2'], environment),
      start(['--config', put(config)], environment),
    ]);
    const statuses: number[] = [];
    for (let call = 0; call < 6; call++) statuses.push(await ask(servers[call % 2]?.url ?? ''));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const client = await createClient({ url: server.url }).connect();
    onTestFinished(() => client.destroy());
    const [budget, ...others] = await client.keys('{portico}:counter:budget:*');
    expect(others).toEqual([]);
    // Six times the same call.
    await expect.poll(async () => Number(await client.hGet(budget ?? '', 'reserved'))).toBe(0);
    const used = Number(await client.hGet(budget ?? '', 'used'));
    expect(used).toBeGreaterThan(0);
    expect(used % 6).toBe(0);
  });

  it('go on without it where the file says so', async () => {
    const redis = 'redis: { url: redis://127.0.0.1:1, whenCountersFail: open }\n';
    const { url, errors } = await start(['--config', put(native(redis))], environment);
    expect(await ask(url)).toBe(200);
    expect(errors()).toContain('Redis is not connected');
  });

  it('refuse to start with an address that is none, and do not repeat it', async () => {
    const onCommandLine = await portico(['--config', put(native()), '--redis', 'localhost:6379'], environment);
    expect(onCommandLine).toMatchObject({ code: 2, errors: expect.stringContaining('redis://host:6379') });
    const inFile = await portico(['check', put(native('redis: "hunter2@cache"\n'))], environment);
    expect(inFile.output + inFile.errors).toContain('must be a URL such as redis://host:6379');
    expect(inFile.output + inFile.errors).not.toContain('hunter2');
  });

  const environment = { OPENAI_API_KEY: 'k', KEY };

  function native(more = ''): string {
    return `${more}models: {fast: {deployments: [{model: openai/gpt-4o, baseUrl: "${provider.url}"}]}}
keys: [{key: env:KEY, principal: {id: ada, limits: {requestsPerMinute: 5}}}]`;
  }

  async function ask(url: string): Promise<number> {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Tell me of porticos.' }] }),
    });
    await answer.text();
    return answer.status;
  }
});
