import type { ServerResponse } from 'node:http';
import type { GatewayConfig, UsageRecord } from '@portico/core';
import { type CounterStore, counterHistory, type Scope } from '@portico/core/store';
import { createGateway } from '@portico/node';
import { redisCounters } from '@portico/store-redis';
import { type SqlStores, sqlStores } from '@portico/store-sql';
import { seededRandom } from '@portico/testing';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type PostgresServer, startPostgres, withoutPostgres } from '../support/postgres-server.js';
import { startRedis, withoutRedis } from '../support/redis-server.js';
import { startVendor, VENDOR_KEY } from '../support/scripted-vendor.js';
import { openPostgresDatabase, openSqliteFile, SQLITE_DRIVERS, titleOf } from '../support/sql-databases.js';

/** US dollars per million tokens: one token costs 1,000 nano-dollars. */
const PRICE = { input: 1, output: 1 };
const PROMPT_TOKENS = 100;
const MOST_OUTPUT = 50;

const ORGANIZATION: Scope = { kind: 'organization', id: 'acme' };
const TEAMS: readonly Scope[] = ['red', 'blue'].map((id) => ({ kind: 'team', id }));
const TAG: Scope = { kind: 'tag', id: 'beta' };
const MODEL: Scope = { kind: 'model', id: 'raced' };

/** What the budgets have room for, in calls of the longest answer. */
const ROOM = { organization: 160, team: 100, tag: 60 };
const LONGEST = (PROMPT_TOKENS + MOST_OUTPUT) * 1_000;

interface Instance {
  readonly stores: Pick<SqlStores, 'accounts' | 'usage'> & { readonly counters: CounterStore };
}

/** Callers of all kinds, all at once, at the edge of nested budgets, through several instances. */
async function pushAtTheEdge(instances: readonly Instance[], callers: number): Promise<void> {
  const billed = { nanoUsd: 0 };
  const random = seededRandom(7);
  const { origin } = await startVendor(({ body }, response) => {
    const output = 1 + Math.floor(random() * MOST_OUTPUT);
    answerAs(String(body.user), body.stream === true, output, response, () => {
      billed.nanoUsd += (PROMPT_TOKENS + output) * 1_000;
    });
  });
  const [first] = instances as readonly [Instance];
  await first.stores.accounts.upsert(ORGANIZATION, {
    budgets: [{ nanoUsd: ROOM.organization * LONGEST, per: 'month' }],
  });
  for (const team of TEAMS) {
    const budgets = [{ nanoUsd: ROOM.team * LONGEST, per: 'day' as const }];
    await first.stores.accounts.upsert(team, { parent: ORGANIZATION, budgets });
  }
  await first.stores.accounts.upsert(TAG, { budgets: [{ nanoUsd: ROOM.tag * LONGEST, per: 'total' }] });
  await first.stores.accounts.upsert(MODEL, { limits: [{ of: 'requests', max: 50, per: 'day' }] });

  const records: UsageRecord[] = [];
  const gateways = instances.map(({ stores }) => gatewayOn(stores, origin, records));
  const asked = await Promise.all(
    Array.from({ length: callers }, async (_, index) => {
      const gateway = gateways[index % gateways.length] as (typeof gateways)[number];
      const kind = KINDS[index % KINDS.length] as (typeof KINDS)[number];
      const as = {
        id: `user-${index % 20}`,
        team: index % 2 === 0 ? 'red' : 'blue',
        ...(index % 5 === 0 && { tags: ['beta'] }),
      };
      return askAs(kind, gateway.fetchAs(as));
    }),
  );
  await Promise.all(gateways.map((gateway) => gateway.close()));

  // Nobody was refused for another reason than a limit, and somebody was.
  expect(asked.filter((status) => ![200, 429, 499, 502].includes(status))).toEqual([]);
  expect(asked).toContain(429);
  const scopes = [ORGANIZATION, ...TEAMS, TAG];
  for (const scope of scopes) {
    const limit = ROOM[scope.kind as keyof typeof ROOM] * LONGEST;
    const [counted] = await stateOf(first, scope);
    expect(counted, scope.id).toMatchObject({ reserved: 0 });
    const [sum] = await first.stores.usage.aggregate({ [scope.kind]: scope.id });
    expect(counted?.used, scope.id).toBe(sum?.costNanoUsd);
    expect(counted?.used, scope.id).toBeLessThanOrEqual(limit);
    expect(counted?.used, scope.id).toBeGreaterThan(limit / 4);
  }
  const [all] = await first.stores.usage.aggregate({});
  expect(all).toMatchObject({ calls: records.length, unpriced: 0 });
  expect(all?.costNanoUsd).toBe(records.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? Number.NaN), 0));
  // What was complete is what the vendor billed, to the nano-dollar.
  const complete = records.filter(({ outcome, attempts }) => outcome === 'ok' && attempts.length === 1);
  expect(complete.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? Number.NaN), 0)).toBeLessThanOrEqual(
    billed.nanoUsd,
  );
  expect(complete.length).toBeGreaterThan(20);
}

const KINDS = ['whole', 'stream', 'fails', 'breaks', 'leaves', 'raced'] as const;
type Kind = (typeof KINDS)[number];

async function askAs(kind: Kind, ask: typeof fetch): Promise<number> {
  const leave = new AbortController();
  const isStream = ['stream', 'breaks', 'leaves'].includes(kind);
  try {
    const answer = await ask('http://portico/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: kind === 'raced' ? 'raced' : kind === 'fails' ? 'failing' : 'chat',
        messages: [{ role: 'user', content: 'Hello '.repeat(60) }],
        max_tokens: MOST_OUTPUT,
        user: kind,
        stream: isStream,
      }),
      signal: leave.signal,
    });
    if (kind === 'leaves' && answer.status === 200) {
      leave.abort();
      return 499;
    }
    await answer.text();
    return answer.status;
  } catch (error) {
    if (leave.signal.aborted) return 499;
    throw error;
  }
}

async function stateOf({ stores }: Instance, scope: Scope) {
  const [account] = await stores.accounts.find([scope]);
  const gateway = createGateway({ models: MODELS('http://127.0.0.1:9'), stores, logger: false });
  const principal =
    scope.kind === 'tag' ? { id: 'nobody', tags: [scope.id] } : { id: 'nobody', [scope.kind]: scope.id };
  const limits = await gateway.remaining(principal);
  await gateway.close();
  expect(account?.budgets).toHaveLength(1);
  return limits
    .filter((limit) => limit.scope?.kind === scope.kind && limit.scope.id === scope.id)
    .map(({ taken, reserved }) => ({ used: taken - reserved, reserved }));
}

function gatewayOn(stores: Instance['stores'], origin: string, records: UsageRecord[]) {
  const gateway = createGateway({
    models: MODELS(origin),
    stores: { ...stores, countersTimeoutMs: 30_000, lookupTimeoutMs: 30_000 },
    observers: [{ callEnded: (record) => void records.push(record) }],
    retries: { maxRetries: 0 },
    cooldowns: { failuresInARow: 1_000, failureRate: 1 },
    logger: false,
  });
  onTestFinished(() => gateway.close({ graceMs: 0 }));
  return gateway;
}

function MODELS(origin: string): GatewayConfig['models'] {
  const at = (id: string, model: string) => ({
    id,
    model: `cerebras/${model}`,
    baseUrl: `${origin}/v1`,
    apiKey: VENDOR_KEY,
    price: PRICE,
    maxOutputTokens: MOST_OUTPUT,
  });
  return {
    chat: [at('chat', 'a')],
    failing: { deployments: [at('failing', 'broken')], fallbacks: ['chat'] },
    raced: { route: { race: [{ deployments: [at('one', 'a')] }, { deployments: [at('two', 'b')] }] } },
  };
}

/** Answers as the kind of caller wants it; `bill` is called for an answer that was made as a whole. */
function answerAs(kind: string, isStream: boolean, output: number, response: ServerResponse, bill: () => void): void {
  const usage = { prompt_tokens: PROMPT_TOKENS, completion_tokens: output, total_tokens: PROMPT_TOKENS + output };
  if (!isStream) {
    if (kind === 'fails' && Math.floor(output) % 2 === 0) return void response.writeHead(500).end('{"error":{}}');
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }];
    bill();
    response.setHeader('content-type', 'application/json');
    return void response.end(
      JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage }),
    );
  }
  const chunk = (delta: object, finish: string | null, more?: object) =>
    `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  response.setHeader('content-type', 'text/event-stream');
  response.write(chunk({ role: 'assistant', content: 'Hel' }, null));
  if (kind === 'leaves') return;
  if (kind === 'breaks') return void setTimeout(() => response.destroy(), 5);
  bill();
  response.write(chunk({ content: 'lo' }, 'stop', { usage }));
  response.end('data: [DONE]\n\n');
}

describe.skipIf(withoutPostgres !== undefined)(titleOf('four instances with 200 callers each', withoutPostgres), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: 'off' });
  });
  afterAll(() => server?.stop());

  it('spend no nano-dollar too much of nested budgets counted on Postgres, and the ledger adds up (laws 1 and 2)', async () => {
    const database = await openPostgresDatabase(server);
    onTestFinished(() => database.close());
    await sqlStores(database.connection).migrate();
    const connections = [database.connection, database.another(), database.another(), database.another()];
    await pushAtTheEdge(
      connections.map((connection) => ({ stores: sqlStores(connection) })),
      800,
    );
  }, 120_000);

  it.skipIf(withoutRedis)(
    `spend no nano-dollar too much of nested budgets counted on Redis${withoutRedis === undefined ? '' : ` (${withoutRedis})`}`,
    async () => {
      const database = await openPostgresDatabase(server);
      onTestFinished(() => database.close());
      const stores = sqlStores(database.connection);
      await stores.migrate();
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const clients = await Promise.all([1, 2, 3, 4].map(() => createClient({ url: redis.url }).connect()));
      onTestFinished(() => {
        for (const client of clients) client.destroy();
      });
      const history = counterHistory(stores.usage);
      await pushAtTheEdge(
        clients.map((client) => ({ stores: { ...stores, counters: redisCounters(client, { history }) } })),
        800,
      );
    },
    120_000,
  );
});

describe.each(SQLITE_DRIVERS)('one instance on SQLite', (driver) => {
  it.skipIf(driver.without !== undefined)(
    titleOf(`spends no nano-dollar too much of nested budgets, through ${driver.name}`, driver.without),
    async () => {
      const database = openSqliteFile(driver);
      onTestFinished(() => database.close());
      const stores = sqlStores(database.connection);
      await stores.migrate();
      await pushAtTheEdge([{ stores }], 400);
    },
    120_000,
  );
});
