import type { ServerResponse } from 'node:http';
import type { BudgetWarning, Gateway, GatewayConfig, Principal, UsageRecord } from '@portico/core';
import {
  type Account,
  type AccountChanges,
  type CounterStore,
  memoryAccounts,
  memoryCounters,
  memoryKeys,
  memoryLedger,
  type Scope,
  type UsageStore,
} from '@portico/core/store';
import { createGateway } from '@portico/node';
import { type SqlStores, sqlStores } from '@portico/store-sql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type PostgresServer, startPostgres, withoutPostgres } from '../support/postgres-server.js';
import { startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';
import {
  openPostgresDatabase,
  openSqliteFile,
  runSql,
  SQLITE_DRIVERS,
  type TestDatabase,
  titleOf,
} from '../support/sql-databases.js';

/** One answer of the vendor: 100 tokens in and 50 out at 1 $ per million each. */
const COST = 150_000;
/** Room for what a call is estimated higher than it costs. */
const SLACK = 100_000;
const TEAM: Scope = { kind: 'team', id: 'search' };
const ORGANIZATION: Scope = { kind: 'organization', id: 'acme' };

type Stores = Pick<SqlStores, 'keys' | 'accounts'> & { readonly usage: UsageStore; readonly counters?: CounterStore };

/** Empty stores; `again` opens them another time, as another instance or after a restart does. */
type OpenStores = () => Promise<{ readonly stores: Stores; again(): Stores }>;

function everyPromise(name: string, open: OpenStores): void {
  describe(`a gateway on ${name}`, () => {
    it('knows keys that are minted while it runs, and what they may do', async () => {
      const { stores } = await open();
      const { ask } = await start(stores);
      const { secret, key } = await stores.keys.mint({ user: 'ada', team: 'search', models: ['chat'], tags: ['beta'] });
      expect((await ask(secret)).status).toBe(200);
      expect((await ask(secret, { model: 'other' })).status).toBe(404);
      expect(await ask('sk-nobody-was-ever-given-this')).toMatchObject({ status: 401, code: 'invalid_api_key' });
      expect(await ask(undefined)).toMatchObject({ status: 401 });
      const narrow = await stores.keys.mint({ endpoints: ['/v1/embeddings', '/models/*'] });
      expect(await ask(narrow.secret)).toMatchObject({ status: 403 });
      expect(key.hint).not.toContain(secret);
    });

    it('refuses keys that expired, are blocked, rotated or revoked, also one that is cached', async () => {
      const { stores } = await open();
      const { ask } = await start(stores);
      const { secret, key } = await stores.keys.mint({ user: 'ada' });
      expect((await ask(secret)).status).toBe(200);
      await stores.keys.block(key.id, true);
      await until(async () => (await ask(secret)).code === 'key_blocked');
      await stores.keys.block(key.id, false);
      await until(async () => (await ask(secret)).status === 200);
      const rotated = await stores.keys.rotate(key.id);
      await until(async () => (await ask(secret)).status === 401);
      expect((await ask(rotated.secret)).status).toBe(200);
      await stores.keys.revoke(key.id);
      await until(async () => (await ask(rotated.secret)).code === 'revoked');
      const old = await stores.keys.mint({ user: 'bob', expiresAt: Date.now() - 1 });
      expect(await ask(old.secret)).toMatchObject({ status: 401, code: 'expired' });
    });

    it('knows a key that was tried before it was made', async () => {
      const { stores, again } = await open();
      const { ask } = await start(stores);
      const secret = 'sk-that-a-client-has-already-1';
      expect((await ask(secret)).status).toBe(401);
      await again().keys.mint({ user: 'ada', secret });
      await until(async () => (await ask(secret)).status === 200);
    });

    it('ends the running streams of a key that another instance revokes, and of a team that is blocked', async () => {
      const { stores, again } = await open();
      const { openStream, gateway } = await start(stores);
      const [one, two] = [
        await stores.keys.mint({ user: 'ada' }),
        await stores.keys.mint({ user: 'bob', team: 'search' }),
      ];
      await stores.accounts.upsert(TEAM, { name: 'Search' });
      const [first, second] = [await openStream(one.secret), await openStream(two.secret)];
      const other = again();
      await other.keys.revoke(one.key.id);
      await expect(first.ended).resolves.toContain('revoked');
      expect(gateway.openCalls).toBe(1);
      await other.accounts.upsert(TEAM, { isBlocked: true });
      await expect(second.ended).resolves.toContain('blocked');
      expect(gateway.openCalls).toBe(0);
    });

    it('counts a call under every account above it, all or nothing, and says whose budget is spent', async () => {
      const { stores } = await open();
      const { ask, records, gateway } = await start(stores);
      await account(stores, ORGANIZATION, { budgets: [{ nanoUsd: 4 * COST + SLACK, per: 'month' }] });
      await account(stores, TEAM, {
        parent: ORGANIZATION,
        budgets: [{ nanoUsd: 3 * COST + SLACK, per: 'day' }],
        limits: [{ of: 'requests', max: 100, per: 'hour' }],
      });
      const { secret } = await stores.keys.mint({ user: 'ada', team: 'search' });
      for (let round = 0; round < 3; round += 1) expect((await ask(secret)).status).toBe(200);
      const refused = await ask(secret);
      expect(refused).toMatchObject({ status: 429, code: 'insufficient_quota' });
      expect(refused.message).toContain('per day for your team');
      const other = await stores.keys.mint({ user: 'bob', organization: 'acme' });
      expect((await ask(other.secret)).status).toBe(200);
      expect((await ask(other.secret)).message).toContain('per month for your organization');
      expect(records.map(({ scopes }) => scopes?.map(({ kind }) => kind).sort())).toEqual([
        ...Array.from({ length: 3 }, () => ['global', 'key', 'model', 'organization', 'team', 'user']),
        ['global', 'key', 'model', 'organization', 'user'],
      ]);
      // Settlements do not keep anybody waiting.
      await until(async () => (await gateway.remaining({ id: 'ada', team: 'search' }))[2]?.taken === 4 * COST);
      const left = await gateway.remaining({ id: 'ada', team: 'search' });
      expect(left).toMatchObject([
        { counted: 'requests', scope: TEAM, taken: 3, limit: 100 },
        { counted: 'budget', scope: TEAM, taken: 3 * COST },
        { counted: 'budget', scope: ORGANIZATION, taken: 4 * COST },
      ]);
    });

    it('has the same budgets after a restart', async () => {
      const { stores, again } = await open();
      await account(stores, TEAM, { budgets: [{ nanoUsd: 2 * COST + SLACK, per: 'month' }] });
      const { secret } = await stores.keys.mint({ user: 'ada', team: 'search' });
      const before = await start(stores);
      for (let round = 0; round < 2; round += 1) expect((await before.ask(secret)).status).toBe(200);
      await before.gateway.close();
      const after = await start(again());
      expect(await after.ask(secret)).toMatchObject({ status: 429, code: 'insufficient_quota' });
    });

    it('intersects the models down the tree, and holds tags and models to their accounts', async () => {
      const { stores } = await open();
      const { ask } = await start(stores);
      await account(stores, ORGANIZATION, { models: ['ch*', 'other'] });
      await account(stores, TEAM, { parent: ORGANIZATION, models: ['chat', 'more'] });
      const { secret } = await stores.keys.mint({ user: 'ada', team: 'search' });
      expect((await ask(secret, { model: 'chat' })).status).toBe(200);
      expect((await ask(secret, { model: 'other' })).status).toBe(404);
      await account(stores, { kind: 'model', id: 'chat' }, { limits: [{ of: 'requests', max: 1, per: 'day' }] });
      await until(async () => (await ask(secret)).status === 429);
      await account(stores, { kind: 'tag', id: 'bad' }, { isBlocked: true });
      const tagged = await stores.keys.mint({ user: 'bob', tags: ['bad'] });
      expect(await ask(tagged.secret, { model: 'other' })).toMatchObject({ status: 403, code: 'account_blocked' });
    });

    it('lets a soft budget pass, and tells each share of a budget once', async () => {
      const { stores } = await open();
      const { ask, warnings } = await start(stores);
      await account(stores, TEAM, { budgets: [{ nanoUsd: 5 * COST, per: 'day', warnAt: [0.5, 0.8] }] });
      await account(stores, { kind: 'user', id: 'ada' }, { budgets: [{ nanoUsd: COST, per: 'day', mode: 'soft' }] });
      const { secret } = await stores.keys.mint({ user: 'ada', team: 'search' });
      for (let round = 0; round < 4; round += 1) expect((await ask(secret)).status).toBe(200);
      expect(warnings.map(({ scope, share, isSoft }) => [scope.kind, share, isSoft])).toEqual([
        ['user', 1, true],
        ['team', 0.5, false],
        ['team', 0.8, false],
      ]);
    });

    it('keeps every record in the ledger, and shows callers what is theirs', async () => {
      const { stores } = await open();
      const { ask, gateway, get } = await start(stores);
      await account(stores, TEAM, { budgets: [{ nanoUsd: 100 * COST, per: 'day' }] });
      const ada = await stores.keys.mint({ user: 'ada', team: 'search', tags: ['beta'] });
      const bob = await stores.keys.mint({ user: 'bob' });
      for (const { secret } of [ada, ada, bob]) await ask(secret);
      await until(async () => (await stores.usage.query({})).items.length === 3);
      const { items } = await stores.usage.query({ key: ada.key.id });
      expect(items).toMatchObject([
        { principal: { id: 'ada', keyId: ada.key.id }, tags: ['beta'], costNanoUsd: COST },
        { principal: { id: 'ada' } },
      ]);
      expect(await stores.usage.aggregate({ by: 'team' })).toMatchObject([
        { id: 'search', calls: 2, costNanoUsd: 2 * COST },
        { id: undefined, calls: 1 },
      ]);
      const mine = await get('/usage/me?days=7', ada.secret);
      expect(mine).toMatchObject({
        principal: 'ada',
        limits: [{ counted: 'budget', for: 'team', limit_usd: 0.015, used_usd: 0.000_3 }],
        data: [{ model: 'chat', calls: 2, cost_usd: 0.000_3, input_tokens: 200, output_tokens: 100 }],
      });
      expect(JSON.stringify(mine)).not.toContain('bob');
      await gateway.close();
    });
  });
}

everyPromise('stores in memory', () => {
  const clock = { now: () => Date.now(), after: () => () => {} };
  const stores = { keys: memoryKeys(clock), accounts: memoryAccounts(clock), ...memoryLedger(clock) };
  const counters = memoryCounters(clock);
  return Promise.resolve({ stores: { ...stores, counters }, again: () => ({ ...stores, counters }) });
});

const TABLES = [
  'portico_keys',
  'portico_accounts',
  'portico_usage',
  'portico_usage_days',
  'portico_outbox',
  'portico_counters',
  'portico_leases',
];

describe.skipIf(withoutPostgres !== undefined)(titleOf('on Postgres', withoutPostgres), () => {
  let server: PostgresServer;
  let database: Awaited<ReturnType<typeof openPostgresDatabase>>;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
    database = await openPostgresDatabase(server);
    await sqlStores(database.connection).migrate();
  });
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  });

  everyPromise('Postgres', () => emptied(database));
});

describe.each(SQLITE_DRIVERS)('on SQLite', (driver) => {
  describe.skipIf(driver.without !== undefined)(titleOf(driver.name, driver.without), () => {
    let database: ReturnType<typeof openSqliteFile>;
    beforeAll(async () => {
      database = openSqliteFile(driver);
      await sqlStores(database.connection).migrate();
    });
    afterAll(() => database?.close());

    everyPromise(driver.name, () => emptied(database));
  });
});

it('a store that is gone is 503 and never 401, and what is cached goes on (law 6)', async () => {
  const clock = { now: () => Date.now(), after: () => () => {} };
  const memory = memoryKeys(clock);
  let isGone = false;
  const keys = {
    ...memory,
    find(hash: string) {
      if (isGone) throw new Error('connection refused');
      return memory.find(hash);
    },
  };
  const { ask } = await start(
    { keys, accounts: memoryAccounts(clock), usage: memoryLedger(clock).usage },
    { cacheMs: 1 },
  );
  const [known, unknown] = [await memory.mint({ user: 'ada' }), await memory.mint({ user: 'bob' })];
  expect((await ask(known.secret)).status).toBe(200);
  isGone = true;
  for (let round = 0; round < 5; round += 1) {
    expect(await ask(unknown.secret)).toMatchObject({ status: 503 });
    expect((await ask(known.secret)).status).toBe(200);
  }
  isGone = false;
  await until(async () => (await ask(unknown.secret)).status === 200);
});

it('accounts of a host are as good as a store', async () => {
  const accounts: NonNullable<GatewayConfig['accounts']> = ({ kind, id }) =>
    kind === 'user' && id === 'ada'
      ? hostAccount({ kind, id }, { limits: [{ of: 'requests', max: 2, per: 'hour' }] })
      : undefined;
  const { gateway } = await start(undefined, {}, { accounts });
  expect(await statusesOf(gateway, ['ada', 'ada', 'ada', 'bob'])).toEqual([200, 200, 429, 200]);
});

describe.each<{ what: string; plan: Pick<Account, 'budgets' | 'limits'> }>([
  { what: 'limits', plan: { budgets: [], limits: [{ of: 'requests', max: 1, per: 'hour' }] } },
  { what: 'budgets', plan: { budgets: [{ nanoUsd: COST + SLACK, per: 'day' }], limits: [] } },
])('users whose accounts share the $what of one plan', ({ what, plan }) => {
  it('are counted each for themselves', async () => {
    const known = new Map<string, Account>();
    const accounts: NonNullable<GatewayConfig['accounts']> = ({ kind, id }) => {
      if (kind !== 'user') return undefined;
      const account = known.get(id) ?? hostAccount({ kind, id }, plan);
      known.set(id, account);
      return account;
    };
    const { gateway } = await start(undefined, {}, { accounts });
    expect(await statusesOf(gateway, ['ada', 'ada', 'bob', 'bob']), what).toEqual([200, 429, 200, 429]);
  });
});

function hostAccount(scope: Scope, changes: Partial<Account>): Account {
  return {
    scope,
    name: undefined,
    parent: undefined,
    budgets: [],
    limits: [],
    models: undefined,
    operations: undefined,
    isBlocked: false,
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  };
}

async function statusesOf(gateway: Gateway, users: readonly string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const id of users) statuses.push(await statusOf(gateway, { id }));
  return statuses;
}

async function statusOf(gateway: Gateway, as: Principal): Promise<number> {
  const answer = await gateway.fetchAs(as)('http://portico/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(QUESTION),
    headers: { 'content-type': 'application/json' },
  });
  await answer.text();
  return answer.status;
}

async function emptied(database: TestDatabase): ReturnType<OpenStores> {
  for (const table of TABLES) await runSql(database.connection, `DELETE FROM ${table}`);
  const options = { pollMs: 50 };
  return {
    stores: sqlStores(database.connection, options),
    again: () => sqlStores(database.another(), options),
  };
}

async function account(stores: Stores, scope: Scope, changes: AccountChanges): Promise<void> {
  await stores.accounts.upsert(scope, changes);
}

/** It is estimated a little higher than what the vendor reports: what is reserved is never too little. */
const QUESTION = { model: 'chat', messages: [{ role: 'user', content: 'Hello '.repeat(60) }], max_tokens: 50 };

async function start(stores: Stores | undefined, more: object = {}, config: Partial<GatewayConfig> = {}) {
  const records: UsageRecord[] = [];
  const warnings: BudgetWarning[] = [];
  const { origin } = await startVendor(({ body }, response) =>
    body.stream === true ? goOn(response) : answer(response),
  );
  const gateway = createGateway({
    models: { chat: [deployment('a', origin)], other: [deployment('b', origin)] },
    observers: [
      { callEnded: (record) => void records.push(record), budgetReached: (warning) => void warnings.push(warning) },
    ],
    stores: { ...stores, ...more },
    logger: false,
    ...config,
  });
  onTestFinished(() => gateway.close({ graceMs: 0 }));

  async function request(path: string, init: RequestInit, secret: string | undefined): Promise<Response> {
    const headers = {
      'content-type': 'application/json',
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    };
    return gateway.fetch(new Request(`http://portico${path}`, { ...init, headers }));
  }
  const post = (body: object, secret: string | undefined) =>
    request('/v1/chat/completions', { method: 'POST', body: JSON.stringify({ ...QUESTION, ...body }) }, secret);

  return {
    gateway,
    records,
    warnings,
    async ask(secret: string | undefined, body: object = {}) {
      const answered = await post(body, secret);
      const { error } = (await answered.json()) as { error?: { code?: string; message?: string } };
      return { status: answered.status, code: error?.code, message: error?.message };
    },
    async get(path: string, secret: string | undefined): Promise<unknown> {
      return (await request(`/v1${path}`, {}, secret)).json();
    },
    async openStream(secret: string | undefined) {
      const answered = await post({ stream: true }, secret);
      expect(answered.status).toBe(200);
      return { ended: answered.text() };
    },
  };
}

function deployment(model: string, origin: string) {
  const price = { input: 1, output: 1 };
  return { model: `cerebras/${model}`, baseUrl: `${origin}/v1`, apiKey: VENDOR_KEY, price };
}

const USAGE = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 };

function answer(response: ServerResponse): void {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage: USAGE }));
}

/** A stream that does not end by itself. */
function goOn(response: ServerResponse): void {
  const choices = [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }];
  response.setHeader('content-type', 'text/event-stream');
  response.write(
    `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`,
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await condition()).toBe(true);
}
