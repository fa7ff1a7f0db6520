import { AdminError, type AdminOptions, adminApi, adminClient } from '@portico/admin';
import { memoryAccounts, memoryKeys, memoryLedger } from '@portico/core/store';
import { createGateway } from '@portico/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MOUNTS, type MountConfig, type MountName } from '../support/mounts.js';
import { answerChat, startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';

const ADMIN = 'sk-of-the-administrator-1';
const USER = 'sk-of-an-ordinary-user-1';

const PLACES = (Object.keys(MOUNTS) as MountName[]).filter((name) => name !== 'in-process');

describe.each(PLACES)('the admin API, through %s', (mount) => {
  it('is for administrators, and makes, changes and ends keys', async () => {
    const { ask, chat } = await start(mount);
    const made = await ask('createKey', { body: { user: 'ada', team: 'search', expiresAt: '2099-01-01' } });
    expect(made).toMatchObject({ user: 'ada', team: 'search', expiresAt: Date.UTC(2099, 0, 1) });
    expect(await chat(String(made.secret))).toBe(200);
    const params = { id: String(made.id) };
    expect(await ask('changeKey', { params, body: { alias: 'laptop', expiresAt: null } })).toMatchObject({
      alias: 'laptop',
      team: 'search',
    });
    expect(await ask('blockKey', { params })).toMatchObject({ isBlocked: true });
    expect(await chat(String(made.secret))).toBe(403);
    await ask('unblockKey', { params });
    const { secret } = await ask('rotateKey', { params });
    expect([await chat(String(made.secret)), await chat(String(secret))]).toEqual([401, 200]);
    await ask('revokeKey', { params });
    expect(await chat(String(secret))).toBe(401);
    const { data } = await ask('listKeys', { query: { user: 'ada' } });
    expect(data).toMatchObject([{ id: made.id, alias: 'laptop' }]);
    expect(JSON.stringify(data)).not.toContain(String(secret));
  });

  it('sets limits and budgets, which hold from the next call on', async () => {
    const { ask, chat } = await start(mount);
    const { secret } = await ask('createKey', { body: { user: 'ada', team: 'search' } });
    const params = { kind: 'team', id: 'search' };
    await ask('setAccount', { params, body: { limits: [{ of: 'requests', max: 1, per: 'day' }] } });
    expect([await chat(String(secret)), await chat(String(secret))]).toEqual([200, 429]);
    await ask('setAccount', { params, body: { limits: null, budgets: [{ nanoUsd: 1, per: 'total' }] } });
    expect(await chat(String(secret))).toBe(429);
    expect(await ask('showAccount', { params })).toMatchObject({ limits: [], budgets: [{ nanoUsd: 1 }] });
    expect(await ask('removeAccount', { params })).toEqual({ removed: true });
    expect(await chat(String(secret))).toBe(200);
  });

  it('shows what runs and what was used', async () => {
    const { ask, chat, gateway } = await start(mount);
    const { secret } = await ask('createKey', { body: { user: 'ada', team: 'search' } });
    await chat(String(secret));
    await expect.poll(async () => (await ask('listRecords')).data).toHaveLength(1);
    expect((await ask('usage', { query: { by: 'team', byDay: true } })).data).toMatchObject([
      { id: 'search', calls: 1 },
    ]);
    expect(await ask('status')).toMatchObject({ deployments: [{ id: 'chat', state: 'available' }], calls: [] });
    expect(await ask('explain', { body: { model: 'chat', as: { id: 'ada' } } })).toMatchObject({ model: 'chat' });
    expect(gateway.openCalls).toBe(0);
  });

  it('is refused to everybody else', async () => {
    const { baseUrl, fetch, stores } = await start(mount);
    const asUser = adminClient({ baseUrl: `${baseUrl}/admin`, fetch, headers: { authorization: `Bearer ${USER}` } });
    for (const name of ['listKeys', 'status', 'audit'] as const) {
      await expect(asUser(name)).rejects.toMatchObject({ name: 'AdminError', status: 403 });
    }
    await expect(asUser('createKey', { body: { user: 'eve' } })).rejects.toMatchObject({ status: 403 });
    const nobody = adminClient({ baseUrl: `${baseUrl}/admin`, fetch });
    await expect(nobody('listKeys')).rejects.toMatchObject({ status: 401 });
    expect((await stores.keys.list({ user: 'eve' })).items).toEqual([]);
    expect((await fetch(`${baseUrl}/admin/openapi.json`)).status).toBe(401);
  });
});

describe('the admin API', () => {
  it('needs to be told who is an administrator', () => {
    const options = { stores: {} };
    expect(() => adminApi(options as unknown as AdminOptions)).toThrow('who is an administrator?');
  });

  it.each([
    ['createKey', { body: { usr: 'ada' } }, 400, 'usr'],
    ['createKey', { body: { user: 7 } }, 400, 'user'],
    ['createKey', { body: { expiresAt: 'soon' } }, 400, 'expiresAt'],
    ['showKey', { params: { id: 'key_nobody' } }, 404, undefined],
    ['rotateKey', { params: { id: 'key_nobody' } }, 404, undefined],
    ['rotateKey', { params: { id: 'key_nobody' }, body: { graceMs: -1 } }, 400, 'graceMs'],
    ['setAccount', { params: { kind: 'tribe', id: 'a' }, body: {} }, 404, undefined],
    [
      'setAccount',
      { params: { kind: 'team', id: 'a' }, body: { budgets: [{ nanoUsd: -1, per: 'day' }] } },
      400,
      'budgets.0.nanoUsd',
    ],
    [
      'setAccount',
      { params: { kind: 'team', id: 'a' }, body: { budgets: [{ nanoUsd: 1.5, per: 'day' }] } },
      400,
      'budgets.0.nanoUsd',
    ],
    [
      'setAccount',
      { params: { kind: 'team', id: 'a' }, body: { budgets: [{ nanoUsd: 1e300, per: 'day' }] } },
      400,
      'budgets.0.nanoUsd',
    ],
    [
      'setAccount',
      { params: { kind: 'team', id: 'a' }, body: { budgets: [{ nanoUsd: 1, per: 'fortnight' }] } },
      400,
      '',
    ],
    [
      'setAccount',
      { params: { kind: 'team', id: 'a' }, body: { budgets: [{ nanoUsd: 1, per: 'day', zone: 'Mars/Base' }] } },
      400,
      '',
    ],
    [
      'setAccount',
      { params: { kind: 'team', id: 'a' }, body: { budgets: [{ usd: 1, per: 'day' }] } },
      400,
      'budgets.0.nanoUsd',
    ],
    ['setAccount', { params: { kind: 'team', id: 'a' }, body: { parent: { kind: 'team', id: 'a' } } }, 400, ''],
    ['usage', { query: { by: 'tribe' } }, 400, 'by'],
    ['usage', { query: { from: 'yesterday' } }, 400, 'from'],
    ['listKeys', { query: { limit: 0 } }, 400, 'limit'],
    ['listKeys', { query: { after: 'rubbish' } }, 400, undefined],
    ['reloadConfig', { body: { models: { chat: 'nobody/model' } } }, 400, undefined],
    ['explain', { body: { model: 'nothing', as: { id: 'ada' } } }, 404, undefined],
  ] as const)('says what is wrong with %s %j', async (name, request, status, param) => {
    const { ask } = await start('fetch');
    const failure = await ask(name, request).catch((error: unknown) => error as AdminError);
    expect(failure).toBeInstanceOf(AdminError);
    expect((failure as AdminError).status).toBe(status);
    if (param) expect(failure).toMatchObject({ param });
  });

  it('remembers who changed what, and never a secret', async () => {
    const entries: unknown[] = [];
    const { ask } = await start('fetch', { onChange: (entry) => void entries.push(entry) });
    const made = await ask('createKey', { body: { user: 'ada' } });
    await ask('rotateKey', { params: { id: 'key_nobody' } }).catch(() => {});
    await ask('listKeys');
    const { data } = await ask('audit');
    expect(data).toMatchObject([
      { operation: 'rotateKey', params: { id: 'key_nobody' }, status: 404, by: expect.any(String) },
      { operation: 'createKey', change: { user: 'ada' }, status: 200 },
    ]);
    expect(entries).toHaveLength(2);
    expect(JSON.stringify([data, entries])).not.toContain(String(made.secret));
  });

  it('describes every operation that it offers', async () => {
    const { get } = await start('fetch');
    const document = (await get('/admin/openapi.json')) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const names = Object.values(document.paths).flatMap((at) =>
      Object.values(at).map(({ operationId }) => operationId),
    );
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
    expect(document.paths['/admin/keys/{id}/rotate']).toMatchObject({
      post: { parameters: [{ name: 'id', in: 'path', required: true }], requestBody: expect.anything() },
    });
  });

  it('is not used by a page of another site with the session of an administrator', async () => {
    const { gateway } = await startSession();
    const ask = (headers: Record<string, string>) =>
      gateway.fetch(
        new Request('http://shop.example/v1/admin/keys', {
          method: 'POST',
          headers: { 'content-type': 'application/json', host: 'shop.example', ...headers },
          body: '{"user":"eve"}',
        }),
      );
    expect((await ask({ 'sec-fetch-site': 'same-origin', origin: 'http://shop.example' })).status).toBe(200);
    expect((await ask({ 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' })).status).toBe(403);
  });

  it('is neither counted nor on the ledger', async () => {
    const { ask, stores } = await start('fetch');
    for (let round = 0; round < 5; round += 1) await ask('listKeys');
    expect((await stores.usage.query({})).items).toEqual([]);
  });
});

async function startSession() {
  const clock = { now: () => Date.now(), after: () => () => {} };
  const stores = { keys: memoryKeys(clock) };
  const gateway = createGateway({
    models: { chat: [{ model: 'openai/gpt-4o-mini', apiKey: 'unused' }] },
    authenticate: () => ({ id: 'root' }),
    plugins: [adminApi({ stores, authorize: () => true })],
    stores,
    logger: false,
  });
  onTestFinished(() => gateway.close({ graceMs: 0 }));
  return { gateway };
}

async function start(mount: MountName, more: Partial<AdminOptions> = {}) {
  const clock = { now: () => Date.now(), after: () => () => {} };
  const stores = { keys: memoryKeys(clock), accounts: memoryAccounts(clock), usage: memoryLedger(clock).usage };
  const { origin } = await startVendor((_request, response) =>
    answerChat(response, { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }),
  );
  const admin = adminApi({
    stores,
    authorize: ({ request }) => request.principal.id === 'root',
    ...more,
  });
  const config: MountConfig = {
    models: {
      chat: [
        {
          id: 'chat',
          model: 'cerebras/a',
          baseUrl: `${origin}/v1`,
          apiKey: VENDOR_KEY,
          price: { input: 1, output: 1 },
        },
      ],
    },
    keys: [
      { key: ADMIN, principal: { id: 'root' } },
      { key: USER, principal: { id: 'user' } },
    ],
    plugins: [admin],
    stores,
    logger: false,
  };
  const mounted = await MOUNTS[mount](config);
  onTestFinished(() => mounted.close());
  const headers = { authorization: `Bearer ${ADMIN}` };
  const { baseUrl, fetch, gateway } = mounted;
  return {
    baseUrl,
    fetch,
    gateway,
    stores,
    ask: adminClient({ baseUrl: `${baseUrl}/admin`, fetch, headers }),
    get: async (path: string) => (await fetch(baseUrl + path, { headers })).json(),
    /** The status of a call with a key. */
    async chat(secret: string): Promise<number> {
      const request = new Request('http://portico/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
        body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5 }),
      });
      const answer = await gateway.fetch(request);
      await answer.text();
      return answer.status;
    },
  };
}
