import { GatewayError, type Principal, systemClock, type UsageRecord } from '@portico/core';
import { memoryCounters } from '@portico/core/store';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { QUICK } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig, type MountName } from '../support/mounts.js';
import { type StoringUpstream, startStoringUpstream } from '../support/storing-upstream.js';

let upstream: StoringUpstream;
beforeAll(async () => {
  upstream = await startStoringUpstream();
});
afterAll(() => upstream.close());

const HELLO = { model: 'chat', input: 'Hello' };

describe.each(Object.keys(MOUNTS) as MountName[])('answers that their upstream keeps, by %s', (mount) => {
  it('are gone on from, whichever of two accounts keeps them, whole and streamed', async () => {
    const { ada } = await start(mount);
    for (const stream of [false, true]) {
      for (let round = 0; round < 4; round += 1) {
        const first = await ask(ada, { ...HELLO, stream });
        const { key } = lastAsked();
        const second = await ask(ada, { ...HELLO, stream, previous_response_id: first.id });
        expect(first.id).not.toContain('upstream');
        expect(second.previous_response_id).toBe(first.id);
        expect(lastAsked()).toMatchObject({ key, previous: idIn(first) });
      }
    }
  });

  it('are shown, listed, broken off and forgotten under the id that the client was given', async () => {
    const { ada } = await start(mount);
    // Of a mixed group, those are asked for it who can do it.
    const { id } = await ada.responses.create({ ...HELLO, model: 'mixed', background: true });
    expect(await ada.responses.retrieve(id, { include: ['reasoning.encrypted_content'] })).toMatchObject({ id });
    expect(lastAsked().what).toMatch(/^GET \/v1\/responses\/resp_upstream\d+\?include/);
    const items = await ada.responses.inputItems.list(id, { limit: 7, order: 'asc' });
    expect(items.data).toEqual([]);
    expect(lastAsked().what).toMatch(/^GET \/v1\/responses\/resp_upstream\d+\/input_items\?limit=7&order=asc$/);
    expect(await ada.responses.cancel(id)).toMatchObject({ id });
    await ada.responses.delete(id);
    await expect(ada.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it("are nobody else's, and neither is any id that was not given", async () => {
    const { ada, bob } = await start(mount);
    const { id } = await ada.responses.create(HELLO);
    const before = upstream.asked.length;
    const at = 'resp_'.length;
    const broken = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1);
    for (const [client, shown] of [
      [bob, id],
      [ada, broken],
      [ada, 'resp_upstream0'],
    ] as const) {
      await expect(client.responses.retrieve(shown)).rejects.toMatchObject({ status: 404 });
      await expect(client.responses.delete(shown)).rejects.toMatchObject({ status: 404 });
      const following = client.responses.create({ ...HELLO, previous_response_id: shown });
      await expect(following).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
    }
    expect(upstream.asked).toHaveLength(before);
  });

  it('are told by their own ids where they are not kept', async () => {
    const { ada } = await start(mount);
    expect((await ada.responses.create({ ...HELLO, store: false })).id).toContain('upstream');
  });

  it('cannot be gone on from with a model of somebody else', async () => {
    const { ada } = await start(mount);
    const { id } = await ada.responses.create(HELLO);
    const elsewhere = ada.responses.create({ model: 'elsewhere', input: 'Hello', previous_response_id: id });
    await expect(elsewhere).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
    const sibling = await ada.responses.create({ model: 'sibling', input: 'Hello', previous_response_id: id });
    expect(sibling.previous_response_id).toBe(id);
  });

  it('are compacted where the vendor can, and refused in words where not', async () => {
    const { ada } = await start(mount);
    expect(await ada.responses.compact(HELLO)).toMatchObject({ object: 'response.compaction' });
    const elsewhere = ada.responses.compact({ ...HELLO, model: 'elsewhere' });
    await expect(elsewhere).rejects.toMatchObject({ status: 400, code: 'unsupported_operation' });
  });
});

describe('a call about a kept answer', () => {
  const DONE = [
    ['is shown', (ada: OpenAI, id: string) => ada.responses.retrieve(id)],
    ['lists what it was made from', (ada: OpenAI, id: string) => ada.responses.inputItems.list(id)],
    ['breaks it off', (ada: OpenAI, id: string) => ada.responses.cancel(id)],
    ['forgets it', (ada: OpenAI, id: string) => ada.responses.delete(id)],
  ] as const;

  it.each(DONE)('that %s asks "authorize", which may refuse it', async (_what, act) => {
    const asked: unknown[] = [];
    const authorize: MountConfig['authorize'] = ({ request: { principal, operation, model } }) => {
      asked.push([principal.id, operation, model]);
      return asked.length === 1 ? undefined : new GatewayError('forbidden', 'Not on Sundays.');
    };
    const { ada } = await start('node:http', { authorize });
    const { id } = await ada.responses.create({ ...HELLO, background: true });
    const before = upstream.asked.length;
    await expect(act(ada, id)).rejects.toMatchObject({ status: 403, message: expect.stringContaining('Sundays') });
    expect(asked).toEqual([
      ['ada', 'responses', 'chat'],
      ['ada', 'responses', 'chat'],
    ]);
    expect(upstream.asked).toHaveLength(before);
  });

  it.each(DONE)('that %s is on the ledger once, and costs nothing (R-SP-2)', async (_what, act) => {
    const { ada, ended } = await start('node:http');
    const { id } = await ada.responses.create(HELLO);
    await act(ada, id);
    expect(await ended()).toMatchObject([
      { operation: 'responses', outcome: 'ok', costNanoUsd: 5_000 },
      {
        operation: 'responses',
        outcome: 'ok',
        requestedModel: 'chat',
        principal: { id: 'ada' },
        usage: { inputTokens: 0, outputTokens: 0 },
        costNanoUsd: 0,
        attempts: [{ status: 200, failure: undefined }],
      },
    ]);
  });

  it('that the upstream has no more is on the ledger as failed, and says 404', async () => {
    const { ada, ended } = await start('node:http');
    const { id } = await ada.responses.create(HELLO);
    await ada.responses.delete(id);
    await expect(ada.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    expect((await ended()).at(-1)).toMatchObject({ outcome: 'failed', failure: 'not_found', costNanoUsd: 0 });
  });

  it('counts among the requests of its caller, who is told 429 when there were enough (R-BUD-4)', async () => {
    const { ada } = await start('node:http', { limits: { requestsPerMinute: 2 } });
    const { id } = await ada.responses.create(HELLO);
    await ada.responses.retrieve(id);
    const before = upstream.asked.length;
    await expect(ada.responses.retrieve(id)).rejects.toMatchObject({ status: 429 });
    expect(upstream.asked).toHaveLength(before);
  });

  it('takes what such an endpoint takes, and says what that is', async () => {
    const { ada } = await start('node:http');
    const { id } = await ada.responses.create(HELLO);
    await expect(ada.get(`/responses/${id}/cancel`)).rejects.toMatchObject({
      status: 405,
      message: expect.stringContaining('POST'),
    });
    await expect(ada.get(`/responses/${id}/other`)).rejects.toMatchObject({ status: 404 });
    await expect(ada.get(`/responses/${id}?stream=true`)).rejects.toMatchObject({ status: 400, param: 'stream' });
  });
});

describe('an answer that is made in the background', () => {
  const LATER = { ...HELLO, background: true };

  it('is charged when it is first seen to be done, and never again (R-SP-2)', async () => {
    const { ada, ended } = await start('node:http');
    const { id } = await ada.responses.create(LATER);
    const seen = await statusesOf(ada, id, 4);
    expect(seen).toEqual(['in_progress', 'completed', 'completed', 'completed']);
    const records = await ended();
    expect(records.filter((record) => record.id === id)).toMatchObject([
      {
        operation: 'responses',
        requestedModel: 'chat',
        usage: { inputTokens: 3, outputTokens: 2, estimated: false },
        costNanoUsd: 5_000,
        startedAt: 1_700_000_000_000,
        endedAt: 1_700_000_100_000,
      },
    ]);
    const others = records.filter((record) => record.id !== id);
    expect(others).toHaveLength(5);
    expect(new Set(others.map(({ costNanoUsd }) => costNanoUsd))).toEqual(new Set([0]));
  });

  it('counts against the budget, once for all instances of one store (R-BUD-4)', async () => {
    const shared = {
      stores: { counters: memoryCounters(systemClock) },
      ids: { secret: 'the-secret-of-these-tests-0123456789' },
    };
    // An answer costs $0.000005 and may cost $0.000014: when two are charged, and once, there is no room for a third.
    const budget = { usd: 0.000_02, per: 'total' as const };
    const [one, two] = [
      await start('node:http', { ...shared, budget }),
      await start('node:http', { ...shared, budget }),
    ];
    const bounded = { ...LATER, max_output_tokens: 2 };
    for (const _round of [1, 2]) {
      const { id } = await one.ada.responses.create(bounded);
      await statusesOf(one.ada, id, 2);
      await Promise.all([one, two, one, two].map(({ ada }) => ada.responses.retrieve(id)));
    }
    await expect(two.ada.responses.create(bounded)).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
    const records = [...(await one.ended()), ...(await two.ended())];
    expect(records.filter(({ costNanoUsd }) => costNanoUsd !== 0)).toHaveLength(2);
  });

  it('is charged before it is forgotten, and once where its stream has told what it took', async () => {
    const { ada, ended } = await start('node:http');
    const { id } = await ada.responses.create(LATER);
    await statusesOf(ada, id, 1);
    await ada.responses.delete(id);
    const streamed = await ask(ada, { ...LATER, stream: true });
    await statusesOf(ada, streamed.id, 2);
    const charged = (await ended()).filter(({ costNanoUsd }) => costNanoUsd !== 0);
    expect(charged.map((record) => [record.id === id, record.stream])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('that is broken off and says nothing of what it took is charged by estimate (R-SP-4)', async () => {
    const { ada, ended } = await start('node:http');
    const { id } = await ada.responses.create(LATER);
    expect((await ada.responses.cancel(id)).status).toBe('cancelled');
    const charged = (await ended()).filter((record) => record.id === id);
    expect(charged).toMatchObject([{ usage: { estimated: true, outputTokens: expect.any(Number) } }]);
    expect(charged[0]?.costNanoUsd).toBeGreaterThan(0);
  });
});

async function statusesOf(client: OpenAI, id: string, times: number): Promise<(string | undefined)[]> {
  const statuses: (string | undefined)[] = [];
  while (statuses.length < times) statuses.push((await client.responses.retrieve(id)).status);
  return statuses;
}

async function ask(
  client: OpenAI,
  body: OpenAI.Responses.ResponseCreateParamsNonStreaming | OpenAI.Responses.ResponseCreateParamsStreaming,
): Promise<OpenAI.Responses.Response> {
  if (body.stream !== true) return await client.responses.create(body);
  const ids = new Set<string>();
  let end: OpenAI.Responses.Response | undefined;
  for await (const event of await client.responses.create(body)) {
    if (!('response' in event)) continue;
    ids.add(event.response.id);
    end = event.response;
  }
  expect(ids.size).toBe(1);
  if (end === undefined) throw new Error('the stream has no end');
  return end;
}

/** The upstream's own id, which its text names: what a model says is left alone. */
function idIn({ output }: OpenAI.Responses.Response): string {
  const [message] = output;
  const part = message?.type === 'message' ? message.content[0] : undefined;
  return part?.type === 'output_text' ? part.text.replace('I am ', '') : '';
}

function lastAsked() {
  const last = upstream.asked.at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  return last;
}

type Changes = Pick<Principal, 'limits' | 'budget'> & Partial<MountConfig>;

async function start(mount: MountName, { limits, budget, ...changes }: Changes = {}) {
  const records: UsageRecord[] = [];
  const at = (model: string, apiKey: string) => ({
    model,
    baseUrl: upstream.url,
    apiKey,
    price: { input: 1, output: 1 },
  });
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    keys: ['ada', 'bob'].map((id) => ({ key: keyOf(id), principal: { id, limits, budget } })),
    models: {
      chat: [at('openai/m', 'sk-one'), at('openai/m', 'sk-two')],
      mixed: [at('openai/m', 'sk-one'), at('custom_openai/m', 'sk-three')],
      sibling: [at('openai/n', 'sk-one'), at('openai/n', 'sk-two')],
      elsewhere: [at('custom_openai/m', 'sk-one')],
    },
    onUsage: (record: UsageRecord) => void records.push(record),
    ...changes,
  });
  onTestFinished(() => mounted.close());
  const as = (id: string) => {
    const fetch = mount === 'in-process' ? mounted.gateway.fetchAs({ id }) : mounted.fetch;
    return new OpenAI({ baseURL: mounted.baseUrl, apiKey: keyOf(id), fetch, maxRetries: 0 });
  };
  /** What is on the ledger once the gateway has closed. */
  const ended = async () => {
    await mounted.gateway.close();
    return records;
  };
  return { ada: as('ada'), bob: as('bob'), ended };
}

function keyOf(id: string): string {
  return `sk-portico-${id}-0000000000000000`;
}
