import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { QUICK } from '../support/gateway-on.js';
import { type KeepingUpstream, startKeepingUpstream } from '../support/keeping-upstream.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

let upstream: KeepingUpstream;
beforeAll(async () => {
  upstream = await startKeepingUpstream();
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
    const broken = `${id.slice(0, -2)}AA`;
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

async function start(mount: MountName) {
  const at = (model: string, apiKey: string) => ({
    model,
    baseUrl: upstream.url,
    apiKey,
    price: { input: 1, output: 1 },
  });
  const mounted = await MOUNTS[mount]({
    ...QUICK,
    keys: ['ada', 'bob'].map((id) => ({ key: keyOf(id), principal: { id } })),
    models: {
      chat: [at('openai/m', 'sk-one'), at('openai/m', 'sk-two')],
      mixed: [at('openai/m', 'sk-one'), at('custom_openai/m', 'sk-three')],
      sibling: [at('openai/n', 'sk-one'), at('openai/n', 'sk-two')],
      elsewhere: [at('custom_openai/m', 'sk-one')],
    },
  });
  onTestFinished(() => mounted.close());
  const as = (id: string) => {
    const fetch = mount === 'in-process' ? mounted.gateway.fetchAs({ id }) : mounted.fetch;
    return new OpenAI({ baseURL: mounted.baseUrl, apiKey: keyOf(id), fetch, maxRetries: 0 });
  };
  return { ada: as('ada'), bob: as('bob') };
}

function keyOf(id: string): string {
  return `sk-portico-${id}-0000000000000000`;
}
