import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.js';
import { createGateway } from '../create-gateway.js';
import { GatewayError } from '../errors.js';
import type { Provider } from '../provider.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { CounterStore } from '../store.js';
import type { ByteSink, Transport } from '../transport.js';
import { NO_USAGE } from '../usage/usage.js';
import { usageOfAnswer } from '../usage/usage-of-answer.js';
import type { UsageRecord } from '../usage/usage-record.js';
import { memoryCounters } from './counters/memory-counters.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const price = { input: 1, output: 1 };
/** One answer of 1,000 tokens in and 1,000 out at this price, in nano-dollars. */
const ONE_ANSWER = 2_000_000;

/** A vendor whose answers arrive when the test says so, and which stores them: their ids are made asynchronously. */
function start(models: GatewayConfig['models'], isStored = true) {
  const upstreams: Record<string, ByteSink> = {};
  const transport: Transport = {
    async send(request) {
      const { model, stream } = JSON.parse(request.body as string) as { model: string; stream?: boolean };
      const type = stream === true ? 'text/event-stream' : 'application/json';
      return {
        status: 200,
        headers: { get: (name) => (name === 'content-type' ? type : undefined) },
        body: {
          start: (sink) => {
            upstreams[model] = sink;
          },
          pause() {},
          resume() {},
          cancel() {},
        },
      };
    },
    close: async () => {},
  };
  const acme: Provider = {
    name: 'acme',
    needsKey: false,
    keyVariables: [],
    codecs: {
      responses: {
        encode: (request, target) => ({ ...request, model: target.model }),
        ...(isStored && { storesResponses: true as const }),
        openStream: () => ({
          event(data, _name, out) {
            const { response } = JSON.parse(data) as { response: { usage?: object } };
            if (response.usage === undefined) return out.chunk(data, true);
            out.usage(usageOfAnswer(response.usage) ?? NO_USAGE, data);
            out.chunk(data, false);
            out.done();
          },
          end() {},
        }),
      },
    },
    connect: () => ({ origin: 'https://acme.example', paths: { responses: '/v1/responses' }, headers: {} }),
    classify: () => new GatewayError('upstream_error', 'broken'),
  };
  const records: UsageRecord[] = [];
  let reservations = 0;
  const memory = memoryCounters(systemClock);
  const counters: CounterStore = {
    async reserve(...given) {
      const answer = await memory.reserve(...given);
      if (answer.ok) reservations += 1;
      return answer;
    },
    settle(...given) {
      reservations -= 1;
      return memory.settle(...given);
    },
    read: (key) => memory.read(key),
  };
  const gateway = createGateway(
    { models, transport, stores: { counters }, observers: [{ callEnded: (record) => void records.push(record) }] },
    { providers: [acme], transport, environment: {} },
  );
  const usage = { input_tokens: 1_000, output_tokens: 1_000, total_tokens: 2_000 };
  return {
    gateway,
    records,
    upstreams,
    /** How many reservations are not settled yet. */
    reservations: () => reservations,
    async ask(stream: boolean, as: object = {}) {
      const fetch = gateway.fetchAs({ id: 'ada', ...as });
      const body = JSON.stringify({ model: 'r', input: 'hi', stream });
      const reply = fetch('http://portico/v1/responses', { method: 'POST', body });
      await settled(() => Object.keys(upstreams).length > 0);
      return reply;
    },
    begin(model: string) {
      upstreams[model]?.bytes(bytesOf(event({ id: `resp_${model}`, status: 'in_progress' })));
    },
    finish(model: string) {
      upstreams[model]?.bytes(bytesOf(event({ id: `resp_${model}`, status: 'completed', usage })));
      upstreams[model]?.end();
    },
    answer(model: string) {
      const whole = { id: `resp_${model}`, object: 'response', status: 'completed', output: [], usage };
      upstreams[model]?.bytes(bytesOf(JSON.stringify(whole)));
      upstreams[model]?.end();
    },
  };
}

const event = (response: object) => `data: ${JSON.stringify({ type: 'response.event', response })}\n\n`;

/** Turns of the event loop until something holds. The second attempt begins by a timer of the real clock: it has five seconds. */
async function settled(holds: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!holds() && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}

/** So many turns that whatever follows has happened. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const race = {
  r: {
    route: { race: [{ deployments: [{ model: 'acme/a', price }] }, { deployments: [{ model: 'acme/b', price }] }] },
  },
};
const hedge = {
  r: {
    deployments: [
      { model: 'acme/a', price },
      { model: 'acme/b', price },
    ],
    hedge: { afterMs: 1 },
  },
};

describe.each([
  ['raced', race],
  ['hedged', hedge],
])('Of two attempts that are %s', (_how, models) => {
  it('the one that lost ends itself, and the call goes on until the stream of the other has ended', async () => {
    const { ask, begin, finish, gateway, records, upstreams } = start(models);
    const reply = ask(true);
    await settled(() => upstreams.a !== undefined && upstreams.b !== undefined);
    await untilBoth(upstreams);
    setImmediate(() => begin('a'));
    setImmediate(() => begin('b'));
    const response = await reply;
    const text = response.text();
    await manyTurns();
    expect({ records: records.length, open: gateway.openCalls }).toEqual({ records: 0, open: 1 });
    finish('a');
    finish('b');
    await text;
    await settled(() => records.length > 0);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ outcome: 'ok', failure: undefined });
    expect(records[0]?.usage.outputTokens).toBe(1_000);
    expect(records[0]?.attempts.map(({ failure }) => failure).sort()).toEqual(['superseded', undefined]);
    expect(gateway.openCalls).toBe(0);
  });

  it.each([true, false])('a complete answer that came too late is paid for (ids are made: %s)', async (isStored) => {
    const { ask, answer, records, upstreams } = start(models, isStored);
    const reply = ask(false, { budget: { usd: 1 } });
    await untilBoth(upstreams);
    // In one turn: both bodies are complete before either is chosen.
    answer('a');
    answer('b');
    await (await reply).text();
    await settled(() => records.length > 0);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ outcome: 'ok', costNanoUsd: 2 * ONE_ANSWER });
  });
});

it('What a route node reserved is free again when the attempt below it has lost', async () => {
  const limits = { concurrentCalls: 1 };
  const { ask, answer, gateway, upstreams, records, reservations } = start({
    r: {
      route: {
        race: [
          { deployments: [{ model: 'acme/a', price }], limits },
          { deployments: [{ model: 'acme/b', price }], limits },
        ],
      },
    },
  });
  for (const round of [1, 2, 3]) {
    const reply = ask(false);
    await untilBoth(upstreams);
    expect(Object.keys(upstreams).sort()).toEqual(['a', 'b']);
    answer('a');
    answer('b');
    await (await reply).text();
    await settled(() => records.length === round);
    // The ids of the answer that lost are still being made; until then its node holds what it reserved.
    await settled(() => reservations() === 0);
    for (const model of Object.keys(upstreams)) delete upstreams[model];
  }
  expect(gateway.openCalls).toBe(0);
});

function untilBoth(upstreams: Record<string, ByteSink>): Promise<void> {
  return settled(() => upstreams.a !== undefined && upstreams.b !== undefined);
}
