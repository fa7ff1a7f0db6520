import type { GatewayConfig, Principal, UsageRecord } from '@portico/core';
import { systemClock } from '@portico/core';
import { memoryCounters } from '@portico/core/store';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QUICK, UPSTREAM_KEY } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig, type Mounted, type MountName } from '../support/mounts.js';
import { type StoringProvider, startStoringProvider } from '../support/storing-provider.js';

const SECRET = 'the-secret-of-these-tests-0123456789';
const LINE = (id: string, model = 'chat', more: object = {}) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content: 'Größe?' }], ...more },
  });

describe.each(Object.keys(MOUNTS) as MountName[])('files and batches by %s', (mount) => {
  it('are kept by the vendor and used by the official client, under ids that lead back to it', async () => {
    const { mounted, provider } = await start(mount);
    const openai = mounted.openai();
    const file = await openai.files.create({
      file: await toFile(Buffer.from('%PDF'), 'a b.pdf'),
      purpose: 'user_data',
    });
    expect(file).toMatchObject({ object: 'file', filename: 'a b.pdf', purpose: 'user_data', bytes: 4 });
    expect(file.id).toMatch(/^file-[\w-]{40,}$/);
    expect((await openai.files.retrieve(file.id)).id).toBe(file.id);
    const listed = await openai.files.list();
    expect(listed.data.map(({ id, filename }) => [id, filename])).toEqual([[file.id, 'a b.pdf']]);
    const content = await openai.files.content(file.id);
    expect(await content.text()).toBe('%PDF');
    // A vendor's bytes are no page of this site, and its cookies are not this site's (R-SEC-6).
    expect(content.headers.get('content-disposition')).toBe('attachment');
    expect(content.headers.get('set-cookie')).toBeNull();
    expect(await openai.files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
    expect(provider.files.size).toBe(0);
  });

  it('do what the lines of a file ask for, each by the public name of the model, and are charged once (R-SP-2)', async () => {
    const { mounted, provider, records } = await start(mount);
    const openai = mounted.openai();
    const lines = [LINE('a'), LINE('b', 'chat', { stream: true })].join('\n');
    const file = await openai.files.create({ file: await toFile(Buffer.from(lines), 'in.jsonl'), purpose: 'batch' });
    const sent = [...provider.files.values()][0]?.content.trim().split('\n') ?? [];
    expect(sent.map((line) => JSON.parse(line))).toMatchObject([
      { custom_id: 'a', body: { model: 'well', messages: [{ content: 'Größe?' }] } },
      { custom_id: 'b', body: { model: 'well' } },
    ]);
    expect(sent[1]).not.toContain('stream');

    const batch = await openai.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { mine: 'yes' },
    });
    expect(batch).toMatchObject({ input_file_id: file.id, metadata: { mine: 'yes' }, status: 'validating' });
    expect((await openai.batches.retrieve(batch.id)).status).toBe('in_progress');
    const done = await openai.batches.retrieve(batch.id);
    expect(done.status).toBe('completed');
    await openai.batches.retrieve(batch.id);
    expect((await openai.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
    const output = await openai.files.content(done.output_file_id ?? '');
    expect((await output.text()).split('\n')).toHaveLength(2);

    await mounted.gateway.close();
    const charged = records.filter(({ id }) => id === batch.id);
    // Two answers of three and two tokens at 1 and 2 dollars a million, at half the price.
    expect(charged).toMatchObject([
      {
        operation: 'batches',
        requestedModel: 'chat',
        model: 'well',
        usage: { inputTokens: 6, outputTokens: 4 },
        costNanoUsd: 7_000,
        startedAt: 1_700_000_000_000,
        endedAt: 1_700_000_100_000,
      },
    ]);
    expect(records.filter(({ id }) => id !== batch.id).map(({ costNanoUsd }) => costNanoUsd)).not.toContain(undefined);
  });

  it('are out of reach of everybody else (R-SEC-9), and ids cannot be made up (c07)', async () => {
    const { mounted, provider, as } = await start(mount);
    const file = await mounted
      .openai()
      .files.create({ file: await toFile(Buffer.from('x'), 'x.txt'), purpose: 'evals' });
    const bob = as({ id: 'bob' });
    expect((await bob.files.list()).data).toEqual([]);
    const before = provider.asked.length;
    for (const id of [file.id, 'file-1', 'file-..%2F..%2Fadmin', `${file.id}#`, 'file-\r\n']) {
      await expect(bob.files.retrieve(id)).rejects.toMatchObject({ status: 404 });
      await expect(bob.files.delete(id)).rejects.toMatchObject({ status: expect.any(Number) });
    }
    await expect(
      bob.batches.create({ input_file_id: file.id, endpoint: '/v1/responses', completion_window: '24h' }),
    ).rejects.toMatchObject({ status: 404 });
    expect(provider.asked.length).toBe(before);
  });
});

describe('an upload', () => {
  it('whose fields come first is not kept in memory: it may be larger than anything that is (R11)', async () => {
    const { mounted, provider } = await start('node:http', { maxBodyBytes: 64 * 1024 });
    const big = 'x'.repeat(1024 * 1024);
    const form = new FormData();
    form.append('purpose', 'user_data');
    form.append('model', 'chat');
    form.append('file', new File([big], 'big.txt'));
    form.append('expires_after[seconds]', '3600');
    const response = await fetch(`${mounted.baseUrl}/files`, { method: 'POST', body: form });
    expect(response.status).toBe(200);
    expect([...provider.files.values()][0]?.content.length).toBe(big.length);
    expect(provider.asked[0]?.headers['transfer-encoding']).toBe('chunked');
  });

  it('whose fields come last is held, up to the bound of bodies, and then says how to be sent', async () => {
    const { mounted, provider } = await start('node:http', { maxBodyBytes: 64 * 1024 });
    const form = new FormData();
    form.append('file', new File(['x'.repeat(128 * 1024)], 'big.txt'));
    form.append('purpose', 'user_data');
    const response = await fetch(`${mounted.baseUrl}/files`, { method: 'POST', body: form });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain('before the file');
    expect(provider.asked).toEqual([]);
  });

  it('over the bound of files ends with 413, wherever it was (c03)', async () => {
    const { mounted, provider } = await start('node:http', { maxFileBytes: 256 * 1024 });
    const form = new FormData();
    form.append('purpose', 'user_data');
    form.append('file', new File(['x'.repeat(512 * 1024)], 'big.txt'));
    const response = await fetch(`${mounted.baseUrl}/files?model=chat`, { method: 'POST', body: form });
    expect(response.status).toBe(413);
    expect(provider.files.size).toBe(0);
  });

  it.each([
    ['in front of the file', ['purpose', 'model', 'purpose', 'file']],
    ['and behind it', ['purpose', 'model', 'file', 'purpose']],
    ['behind a file that is held', ['file', 'purpose', 'purpose']],
    ['as a file', ['model', 'file', 'purpose-file']],
    ['and its model twice', ['purpose', 'model', 'model', 'file']],
  ])(
    'that says its purpose twice is refused, since vendors differ in which one they take: %s',
    async (_where, order) => {
      const { mounted, provider } = await start('node:http');
      const form = new FormData();
      for (const [at, name] of order.entries()) {
        if (name === 'file') form.append('file', new File([LINE('a')], 'in.jsonl'));
        else if (name === 'purpose-file') form.append('purpose', new File(['batch'], 'purpose'));
        else form.append(name, name === 'model' ? 'chat' : at === 0 ? 'user_data' : 'batch');
      }
      const response = await fetch(`${mounted.baseUrl}/files`, { method: 'POST', body: form });
      expect([response.status, await response.text()]).toEqual([
        400,
        expect.stringMatching(/twice|must be a text field/),
      ]);
      expect(provider.files.size).toBe(0);
    },
  );

  it('that is refused is not read to its end', async () => {
    const anonymous = { id: 'ada', limits: { requestsPerMinute: 0 } };
    const { mounted, provider } = await start('node:http', { anonymous });
    const form = new FormData();
    form.append('purpose', 'user_data');
    form.append('file', new File(['x'.repeat(512 * 1024)], 'big.txt'));
    const response = await fetch(`${mounted.baseUrl}/files?model=chat`, { method: 'POST', body: form });
    expect([response.status, response.headers.get('connection')]).toEqual([429, 'close']);
    expect(provider.asked).toEqual([]);
  });

  it.each([
    ['another model', [LINE('a'), LINE('b', 'other')], 'Line 2 of the file: it asks for "other"'],
    ['no JSON', [LINE('a'), '{'], 'Line 2 of the file is not JSON'],
    ['no body', [LINE('a'), '{"url":"/v1/chat/completions"}'], 'Line 2 of the file has no "body"'],
    ['what no deployment does', [LINE('a').replace('chat/completions', 'rerank')], 'cannot be used in a batch'],
  ])('of a batch is refused with the line that has %s', async (_what, lines, message) => {
    const { mounted, provider } = await start('node:http');
    const file = await toFile(Buffer.from(lines.join('\n')), 'in.jsonl');
    for (const order of [
      { file, purpose: 'batch' as const },
      { purpose: 'batch' as const, file },
    ]) {
      await expect(mounted.openai().files.create(order)).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining(message),
      });
    }
    expect(provider.files.size).toBe(0);
  });

  it('of a batch for a model that its caller may not use finds no such model (R-SEC-9)', async () => {
    const { as } = await start('node:http');
    const file = await toFile(Buffer.from(LINE('a')), 'in.jsonl');
    await expect(as({ id: 'eve', models: ['other'] }).files.create({ file, purpose: 'batch' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('that its client breaks off is broken off at the vendor, and is on the ledger (c01)', async () => {
    const { mounted, provider, records } = await start('node:http');
    const stop = new AbortController();
    async function* endless() {
      yield new TextEncoder().encode(
        '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n' +
          '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nchat\r\n' +
          '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n',
      );
      for (;;) {
        yield new Uint8Array(1024);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const asking = fetch(`${mounted.baseUrl}/files`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: endless() as unknown as BodyInit,
      signal: stop.signal,
      duplex: 'half',
    } as RequestInit);
    await expect.poll(() => mounted.gateway.openCalls).toBe(1);
    stop.abort();
    await expect(asking).rejects.toThrow();
    await expect.poll(() => mounted.gateway.openCalls).toBe(0);
    await mounted.gateway.close();
    expect(records).toMatchObject([{ operation: 'files', outcome: 'client_gone' }]);
    expect(provider.files.size).toBe(0);
  });
});

describe('what a batch took', () => {
  it('is told by itself where the vendor adds up', async () => {
    const { mounted, records } = await start(
      'node:http',
      {},
      { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
    );
    const { batch } = await makeBatch(mounted);
    expect(await retrieveTwice(mounted, batch.id)).toBe('completed');
    await mounted.gateway.close();
    expect(records.filter(({ id }) => id === batch.id)).toMatchObject([
      { usage: { inputTokens: 100, outputTokens: 10 } },
    ]);
  });

  it('counts against the budget, once for all instances of one store, and an empty budget begins no more (R-BUD-4)', async () => {
    const counters = memoryCounters(systemClock);
    const anonymous = { id: 'ada', budget: { usd: 0.000_003, per: 'total' as const } };
    const provider = await startStoringProvider();
    const one = await start('node:http', { stores: { counters }, anonymous }, undefined, provider);
    const two = await start('node:http', { stores: { counters }, anonymous }, undefined, provider);
    const { file, batch } = await makeBatch(one.mounted);
    await retrieveTwice(one.mounted, batch.id);
    await Promise.all([one, two, one, two].map(({ mounted }) => mounted.openai().batches.retrieve(batch.id)));
    await Promise.all([one, two].map(({ mounted }) => mounted.gateway.close()));
    expect([...one.records, ...two.records].filter(({ id }) => id === batch.id)).toHaveLength(1);
    const three = await start('node:http', { stores: { counters }, anonymous }, undefined, provider);
    const openai = three.mounted.openai();
    await expect(
      openai.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
    ).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
    // What is paid for can still be fetched.
    expect((await openai.batches.retrieve(batch.id)).status).toBe('completed');
  });
});

describe('files', () => {
  it('need a secret to be sealed with, and say so', async () => {
    const { mounted } = await start('node:http', { ids: undefined });
    await expect(mounted.openai().files.list()).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('ids.secret'),
    });
  });

  it('are refused to whoever may not use the operation, and say which methods they take', async () => {
    const { mounted, as } = await start('node:http');
    await expect(as({ id: 'eve', operations: ['chat.completions'] }).files.list()).rejects.toMatchObject({
      status: 403,
    });
    const response = await fetch(`${mounted.baseUrl}/files/file-x`, { method: 'PUT' });
    expect(response.status).toBe(405);
    expect(await response.text()).toContain('GET or DELETE');
  });

  it('that the vendor does not have any more are 404, and the deployment is well', async () => {
    const { mounted, provider } = await start('node:http');
    const openai = mounted.openai();
    const file = await openai.files.create({ file: await toFile(Buffer.from('x'), 'x.txt'), purpose: 'evals' });
    provider.files.clear();
    await expect(openai.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
    expect((await openai.files.list()).data).toEqual([]);
  });

  it('are found among those of others, page by page', async () => {
    const { mounted, provider, as } = await start('node:http');
    for (let at = 0; at < 150; at += 1) {
      const id = `file-other-${at}`;
      provider.files.set(id, { id, filename: 'theirs', purpose: 'evals', content: '' });
    }
    const openai = as({ id: 'ada' });
    const mine: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      mine.push((await openai.files.create({ file: await toFile(Buffer.from(name), name), purpose: 'evals' })).id);
    }
    const seen: string[] = [];
    for await (const file of openai.files.list({ limit: 2 })) seen.push(file.id);
    expect(seen).toEqual(mine);
    expect(mounted.gateway.openCalls).toBe(0);
  });
});

async function makeBatch(mounted: Mounted) {
  const openai = mounted.openai();
  const file = await openai.files.create({ file: await toFile(Buffer.from(LINE('a')), 'in.jsonl'), purpose: 'batch' });
  const batch = await openai.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  return { file, batch };
}

async function retrieveTwice(mounted: Mounted, id: string): Promise<string> {
  await mounted.openai().batches.retrieve(id);
  return (await mounted.openai().batches.retrieve(id)).status;
}

async function start(
  mount: MountName,
  changes: Partial<Record<keyof GatewayConfig, unknown>> = {},
  usage?: object,
  given?: StoringProvider,
) {
  const provider = given ?? (await startStoringProvider(usage && { usage }));
  const records: UsageRecord[] = [];
  const price = { input: 1, output: 2 };
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    models: { chat: [{ model: 'openai/well', baseUrl: provider.url, apiKey: UPSTREAM_KEY, price }] },
    ids: { secret: SECRET },
    onUsage: (record: UsageRecord) => void records.push(record),
    ...changes,
  } as MountConfig);
  onTestFinished(() => mounted.close());
  const as = (principal: Principal) =>
    new OpenAI({
      baseURL: 'http://portico/v1',
      apiKey: 'unused',
      maxRetries: 0,
      fetch: mounted.gateway.fetchAs(principal),
    });
  return { mounted, provider, records, as };
}
