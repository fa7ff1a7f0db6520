import { describe, expect, it } from 'vitest';
import { type Behaviour, QUESTION, scriptedGateway } from '../../test/scripted-gateway.js';
import type { JsonObject } from '../encoding/json.js';
import type { GatewayError } from '../errors.js';

const price = { input: 1, output: 1 };
const say = (delta: object, finish: string | null = null, id = 'one') => ({
  id,
  object: 'chat.completion.chunk',
  created: 1,
  model: id,
  choices: [{ index: 0, delta, finish_reason: finish }],
});

/** The first one breaks off; the second goes on. */
function start(first: Behaviour, second: Behaviour, settings: object = {}, as: object = {}) {
  const world = scriptedGateway({
    models: {
      chat: {
        deployments: [
          { model: 'acme/first', id: 'first', order: 0, price },
          { model: 'acme/second', id: 'second', order: 1, price, capabilities: { prefill: true } },
        ],
        recovery: 'continue',
        ...settings,
      },
    },
  });
  Object.assign(world.behaviours, { first: { breaks: true, ...first }, second });
  async function read() {
    const chunks: JsonObject[] = [];
    let failure: GatewayError | undefined;
    const reading = (async () => {
      const stream = world.gateway.chatStream({ model: 'chat', ...QUESTION }, { as: { id: 'ada', ...as } });
      for await (const chunk of stream) chunks.push(chunk);
    })().catch((error: unknown) => {
      failure = error as GatewayError;
    });
    for (let step = 0; step < 30; step += 1) await world.clock.advance(step < 20 ? 0 : 50);
    await reading;
    const deltas = chunks.flatMap(({ choices }) => (choices as { delta: JsonObject }[]).map(({ delta }) => delta));
    return {
      chunks,
      deltas,
      failure,
      text: deltas.map(({ content }) => (typeof content === 'string' ? content : '')).join(''),
    };
  }
  return { ...world, read };
}

describe('a chat stream that breaks off after its first content', () => {
  it('is continued by a model that goes on from what the client has: one opening, one end, the sum of both on the record', async () => {
    const { read, bodies, records } = start(
      { chunks: [say({ role: 'assistant', content: '' }), say({ content: 'Once upon' })] },
      {
        chunks: [
          say({ role: 'assistant', content: '' }, null, 'two'),
          say({ content: ' a time.' }, null, 'two'),
          say({}, 'stop', 'two'),
        ],
      },
    );
    const { text, chunks, deltas, failure } = await read();
    expect(failure).toBeUndefined();
    expect(text).toBe('Once upon a time.');
    expect(deltas.filter(({ role }) => role !== undefined)).toHaveLength(1);
    expect(new Set(chunks.map(({ id, model }) => `${String(id)} ${String(model)}`))).toEqual(new Set(['one one']));
    expect((bodies.at(1)?.messages as object[] | undefined)?.at(-1)).toEqual({
      role: 'assistant',
      content: 'Once upon',
      prefix: true,
    });
    expect(records).toMatchObject([
      {
        outcome: 'ok',
        deployment: 'second',
        attempts: [
          { deployment: 'first', failure: 'network' },
          { deployment: 'second', failure: undefined },
        ],
        warnings: [expect.stringContaining('continued by another deployment')],
      },
    ]);
    // Both were asked the question and both are paid for.
    const [record] = records;
    expect(record?.costNanoUsd).toBe(((record?.usage.inputTokens ?? 0) + (record?.usage.outputTokens ?? 0)) * 1_000);
  });

  it('begins anew where the client has only white space, which is not said again', async () => {
    const { read, bodies } = start(
      { chunks: [say({ role: 'assistant', content: '' }), say({ content: '\n' })] },
      {
        chunks: [say({ role: 'assistant' }, null, 'two'), say({ content: 'Hi.' }, null, 'two'), say({}, 'stop', 'two')],
      },
      { recovery: 'restart' },
    );
    const { text, failure } = await read();
    expect([failure, text.trim()]).toEqual([undefined, expect.stringMatching(/Hi\.$/)]);
    expect(bodies[1]?.messages).toEqual(QUESTION.messages);
  });

  it('begins anew where it has the head of a tool call, which goes on under that head', async () => {
    const head = (id: string) => ({ index: 0, id, type: 'function', function: { name: 'look', arguments: '' } });
    const { read } = start(
      { chunks: [say({ role: 'assistant' }), say({ tool_calls: [head('call_1')] })] },
      {
        chunks: [
          say({ role: 'assistant' }, null, 'two'),
          say({ tool_calls: [head('call_2')] }, null, 'two'),
          say({ tool_calls: [{ index: 0, function: { arguments: '{"at":"sky"}' } }] }, null, 'two'),
          say({}, 'tool_calls', 'two'),
        ],
      },
      { recovery: 'restart' },
    );
    const { deltas } = await read();
    expect(deltas.filter(({ tool_calls: calls }) => calls !== undefined)).toEqual([
      { tool_calls: [head('call_1')] },
      { tool_calls: [{ index: 0, function: { arguments: '{"at":"sky"}' } }] },
    ]);
  });

  it.each<[string, Behaviour, object]>([
    ['is not wanted', { chunks: [say({ content: 'Once' })] }, { recovery: undefined }],
    ['would say text twice', { chunks: [say({ content: 'Once' })] }, { recovery: 'restart' }],
    ['would think twice', { chunks: [say({ reasoning_content: 'Hm' })] }, {}],
    [
      'would call a tool twice',
      { chunks: [say({ tool_calls: [{ index: 0, function: { name: 'look', arguments: '{"a' } }] })] },
      {},
    ],
    [
      'needs a model that goes on, and there is none',
      { chunks: [say({ content: 'Once' })] },
      {
        deployments: [
          { model: 'acme/first', id: 'first' },
          { model: 'acme/second', order: 1 },
        ],
      },
    ],
  ])('ends with its error in the stream where going on %s (R-STR-3)', async (_why, first, settings) => {
    const { read, asked, records } = start(first, {}, settings);
    const { failure } = await read();
    expect(failure).toMatchObject({ kind: 'network' });
    expect(asked).toEqual(['first']);
    expect(records).toMatchObject([{ outcome: 'incomplete', failure: 'network', deployment: 'first' }]);
  });

  it('ends with its own error where the other one fails as well (R-STR-5)', async () => {
    const { read, asked, records } = start({ chunks: [say({ content: 'Once' })] }, { status: 401 });
    const { failure, text } = await read();
    expect([failure?.kind, text]).toEqual(['network', 'Once']);
    expect(asked).toEqual(['first', 'second']);
    expect(records).toMatchObject([{ outcome: 'incomplete', failure: 'network' }]);
    expect(records).toHaveLength(1);
  });

  it('is not taken up where the budget has no room for the rest (R-BUD-1)', async () => {
    const { read, asked } = start(
      { chunks: [say({ content: 'Once' })] },
      {},
      {},
      { budget: { usd: 0.006, per: 'total' } },
    );
    expect((await read()).failure).toMatchObject({ kind: 'network' });
    expect(asked).toEqual(['first']);
  });

  it('tells a client that asked for usage the sum of all, once', async () => {
    const { gateway, clock, behaviours } = start(
      { chunks: [say({ content: 'Once' })] },
      { chunks: [say({ content: ' upon.' }), say({}, 'stop')] },
    );
    expect(behaviours.first).toBeDefined();
    const chunks: JsonObject[] = [];
    const reading = (async () => {
      const asked = { model: 'chat', ...QUESTION, stream_options: { include_usage: true } };
      for await (const chunk of gateway.chatStream(asked, { as: { id: 'ada' } })) chunks.push(chunk);
    })();
    for (let step = 0; step < 30; step += 1) await clock.advance(0);
    await reading;
    const usages = chunks.filter(({ usage }) => usage !== undefined && usage !== null);
    expect(usages).toHaveLength(1);
  });
});

describe('a stream that is kept back at its beginning', () => {
  it('can be answered by another one if it breaks within that', async () => {
    const { read, records } = start(
      { chunks: [say({ content: 'Once' })] },
      { chunks: [say({ content: 'Anew.' }), say({}, 'stop')] },
      { recovery: undefined, initialBuffer: { characters: 10 } },
    );
    expect(await read()).toMatchObject({ text: 'Anew.', failure: undefined });
    expect(records).toMatchObject([{ outcome: 'ok', deployment: 'second' }]);
  });

  it('leaves when there is enough of it, when it has waited long enough, and when it is whole', async () => {
    for (const initialBuffer of [{ characters: 3 }, { ms: 100 }, { characters: 1_000, ms: 60_000 }]) {
      const { read } = start(
        { breaks: false, chunks: [say({ content: 'Hello' }), say({}, 'stop')] },
        {},
        { initialBuffer },
      );
      expect(await read()).toMatchObject({ text: 'Hello', failure: undefined });
    }
  });
});
