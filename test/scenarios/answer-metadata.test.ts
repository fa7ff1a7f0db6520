import type { AnswerMetadata } from '@portico/core';
import { expectNoOpenRequests, startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askChat, QUESTION } from '../support/ask-chat.js';
import { ADA, QUICK, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type MountConfig, type Mounted, type MountName } from '../support/mounts.js';

const PLACES: readonly MountName[] = ['Express 5', 'Koa 3', 'Nest 11 on Fastify', 'HTTP/2', 'fetch', 'in-process'];

// A credential that is refused, a spare that is overloaded twice, and the other model, which answers.
const ROAD = [
  '"chat:openai/fault-f10";status=401;ms=N;reason=unauthorized_upstream',
  '"chat:openai/fault-f21";status=503;ms=N;reason=overloaded',
  '"chat:openai/fault-f21";status=503;ms=N;reason=overloaded',
  '"other:openai/well";status=200;ms=N',
];

describe.each(PLACES)('R-FO-5: an answer that is asked to, through %s', (place) => {
  it.each([false, true])(
    'says who gave it and who was asked before: status, milliseconds, reason (streamed: %s)',
    async (stream) => {
      const { mounted } = await start(place, { debugHeaders: true });
      const { ended, headers } = await askChat(mounted, { model: 'chat', stream });
      expect(ended).toBe('answer');
      expect(ownHeaders(headers)).toEqual({
        'x-portico-deployment': 'other:openai/well',
        'x-portico-model-group': 'other',
        'x-portico-model': 'openai/well',
        'x-portico-attempts': ROAD.join(', '),
        'x-portico-upstream-request-id': expect.any(String),
      });
    },
  );

  it('says it of an error too: there, nobody gave one', async () => {
    const { mounted } = await start(place, { debugHeaders: true });
    const { status, headers } = await askChat(mounted, { model: 'down', stream: false });
    expect(status).toBe(502);
    expect(ownHeaders(headers)).toMatchObject({
      'x-portico-attempts': '"down:openai/fault-f11";status=403;ms=N;reason=unauthorized_upstream',
    });
    expect(headers.has('x-portico-deployment')).toBe(false);
  });

  it('is silent otherwise', async () => {
    const { mounted } = await start(place);
    for (const model of ['chat', 'down']) {
      const { headers } = await askChat(mounted, { model, stream: false });
      expect([...headers.keys()].filter((name) => /^x-(?:portico|litellm)/.test(name))).toEqual([]);
    }
  });

  it.each([false, true])("says it by LiteLLM's names (streamed: %s)", async (stream) => {
    const { mounted } = await start(place, { compat: 'litellm' });
    const { headers } = await askChat(mounted, { model: 'chat', stream });
    expect(litellmHeaders(headers)).toEqual({
      'x-litellm-call-id': headers.get('x-request-id'),
      'x-litellm-model-id': 'other:openai/well',
      'x-litellm-model-group': 'other',
      'x-litellm-attempted-retries': '2',
      'x-litellm-attempted-fallbacks': '1',
      'x-litellm-response-duration-ms': expect.stringMatching(/^\d+$/),
      'x-litellm-overhead-duration-ms': expect.stringMatching(/^\d+$/),
      ...(!stream && { 'x-litellm-response-cost': expect.stringMatching(/^[\d.e-]+$/) }),
    });
    if (!stream) expect(Number(headers.get('x-litellm-response-cost'))).toBeGreaterThan(0);

    const failed = await askChat(mounted, { model: 'down', stream });
    expect(litellmHeaders(failed.headers)).toMatchObject({
      'x-litellm-model-group': 'down',
      'x-litellm-attempted-fallbacks': '0',
      'x-litellm-response-cost': '0',
    });
  });
});

describe('R-FO-5: a caller in the same process', () => {
  it('is told the same as an object: with the whole answer, or before the first chunk of a stream', async () => {
    const { mounted } = await start('in-process');
    const { gateway } = mounted;
    const told: AnswerMetadata[] = [];
    const options = { as: ADA, onAnswer: (metadata: AnswerMetadata) => void told.push(metadata) };
    const answer = await gateway.chat({ model: 'chat', messages: QUESTION }, options);
    for await (const _ of gateway.chatStream({ model: 'chat', messages: QUESTION }, options)) {
      expect(told).toHaveLength(2);
    }
    const [whole, streamed] = told;
    expect(whole).toMatchObject({
      requestedModel: 'chat',
      answeredModel: 'other',
      deployment: 'other:openai/well',
      provider: 'openai',
      upstreamModel: answer.model,
      costNanoUsd: expect.any(Number),
      warnings: [],
    });
    expect(streamed).toMatchObject({ deployment: 'other:openai/well', costNanoUsd: undefined });
    for (const { attempts } of told) {
      expect(attempts.map(({ group, status, failure }) => [group, status, failure])).toEqual([
        ['chat', 401, 'unauthorized_upstream'],
        ['chat', 503, 'overloaded'],
        ['chat', 503, 'overloaded'],
        ['other', 200, undefined],
      ]);
    }
  });

  it('is told who was asked in vain before its call is rejected', async () => {
    const { mounted } = await start('in-process');
    const told: AnswerMetadata[] = [];
    const call = mounted.gateway.chat(
      { model: 'down', messages: QUESTION },
      { as: ADA, onAnswer: (metadata) => void told.push(metadata) },
    );
    await expect(call).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
    expect(told).toMatchObject([
      { deployment: undefined, attempts: [{ status: 403, failure: 'unauthorized_upstream' }] },
    ]);
  });

  it('that fails as it is told leaves no stream behind', async () => {
    const { mounted, provider } = await start('in-process');
    const options = {
      as: ADA,
      onAnswer: () => {
        throw new Error('out of order');
      },
    };
    const read = mounted.gateway.chatStream({ model: 'endless', messages: QUESTION }, options)[Symbol.asyncIterator]();
    await expect(read.next()).rejects.toThrow('out of order');
    await expectNoOpenRequests(provider);
    expect(mounted.gateway.openCalls).toBe(0);
  });
});

describe('R-FO-5: what a header cannot hold', () => {
  it('is left out of it, and never breaks an answer', async () => {
    const provider = await startProvider();
    const chat = Array.from({ length: 60 }, (_, at) => ({
      ...WIRES.openai(provider, 'fault-f10'),
      id: `"größe"\\${'x'.repeat(60)}-${at}`,
    }));
    const mounted = await mount('node:http', { debugHeaders: true, models: { chat } });
    const { status, headers } = await askChat(mounted, { model: 'chat', stream: false });
    expect(status).toBe(502);
    const attempts = headers.get('x-portico-attempts') ?? '';
    expect(attempts.length).toBeLessThanOrEqual(2_000);
    expect(attempts).toMatch(
      /^(?:"\\"gr\?\?e\\"\\\\x{60}-\d+";status=401;ms=\d+;reason=unauthorized_upstream(?:, |$)){10,}$/,
    );
  });
});

function ownHeaders(headers: Headers) {
  const own = [...headers].filter(([name]) => name.startsWith('x-portico-'));
  return Object.fromEntries(own.map(([name, value]) => [name, value.replace(/ms=\d+/g, 'ms=N')]));
}

function litellmHeaders(headers: Headers) {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-litellm-')));
}

async function start(place: MountName, config: Partial<MountConfig> = {}) {
  const provider = await startProvider();
  const to = (model: string) => WIRES.openai(provider, model);
  const mounted = await mount(place, {
    retries: { maxRetries: 1, baseDelayMs: 1, maxDelayMs: 10 },
    cooldowns: { cooldownMs: 0 },
    models: {
      chat: { deployments: [{ ...to('fault-f10'), weight: 1e12 }, to('fault-f21')], fallbacks: ['other'] },
      other: [to('well')],
      down: [to('fault-f11')],
      endless: [to('fault-f48-content')],
    },
    ...config,
  });
  return { provider, mounted };
}

async function startProvider() {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  return provider;
}

async function mount(place: MountName, config: MountConfig): Promise<Mounted> {
  const mounted = await MOUNTS[place]({ ...QUICK, ...config });
  onTestFinished(() => mounted.close());
  return mounted;
}
