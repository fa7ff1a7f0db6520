import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { createGateway } from './create-gateway.js';
import type { JsonObject } from './encoding/json.js';
import { GatewayError } from './errors.js';
import type { Gateway } from './gateway.js';
import type { Provider } from './provider.js';
import type { GatewayConfig } from './settings/gateway-config.js';
import type { ByteSink, Transport, UpstreamRequest } from './transport.js';
import type { UsageRecord } from './usage/usage-record.js';

const user = { id: 'ada' };
const question = { messages: [{ role: 'user', content: 'Hi' }] };

/** Answers with the status in the model's name: `ok`, `500`, `429`, … ; counts who was asked. */
function scriptedTransport() {
  const asked: string[] = [];
  const aborted: string[] = [];
  const hanging: ByteSink[] = [];
  const transport: Transport = {
    async send(request: UpstreamRequest) {
      const { model } = JSON.parse(request.body as string) as { model: string };
      asked.push(model);
      request.cancellation.onCancel(() => aborted.push(model));
      if (model === 'silent') {
        return await new Promise((_resolve, reject) => request.cancellation.onCancel(reject));
      }
      if (model === 'refuses') throw new GatewayError('network', 'refused');
      const status = model === 'ok' || model === 'streams' ? 200 : Number(model.slice(0, 3));
      const headers = new Map([
        ['content-type', model === 'streams' ? 'text/event-stream' : 'application/json'],
        ...(model.includes('+') ? [['retry-after', model.split('+')[1] as string] as const] : []),
      ]);
      const text = JSON.stringify({
        model,
        choices: [{ message: { content: 'Hello' } }],
        usage: { prompt_tokens: 2, completion_tokens: 3 },
      });
      return {
        status,
        headers: { get: (name) => headers.get(name) },
        body: {
          start(sink) {
            if (model === 'streams') {
              hanging.push(sink);
              sink.bytes(new TextEncoder().encode('data: {"content":"Hel"}\n\n'));
            } else {
              sink.bytes(new TextEncoder().encode(text));
              sink.end();
            }
          },
          pause() {},
          resume() {},
          cancel() {},
        },
      };
    },
    close: async () => {},
  };
  return { transport, asked, aborted, hanging };
}

const acme: Provider = {
  name: 'acme',
  needsKey: false,
  keyVariables: [],
  codecs: {
    'chat.completions': {
      encode: (request, target) => ({ ...request, model: target.model }),
      openStream: () => ({
        event(data, _name, out) {
          if (data === '[DONE]') out.done();
          else out.chunk(data, true);
        },
        end() {},
      }),
    },
  },
  connect: () => ({
    origin: 'https://acme.example',
    paths: { 'chat.completions': '/v1/chat/completions' },
    headers: {},
  }),
  classify: ({ status, headers }) => {
    const retryAfter = headers.get('retry-after');
    const retryAfterMs = retryAfter === undefined ? undefined : Number(retryAfter) * 1000;
    if (status === 429) return new GatewayError('rate_limited', 'full', { retryAfterMs });
    if (status === 401) return new GatewayError('unauthorized_upstream', 'bad key');
    if (status === 400) return new GatewayError('invalid_input', 'bad input');
    if (status === 413) return new GatewayError('context_too_long', 'too long');
    return new GatewayError('upstream_error', 'broken');
  },
};

function start(config: Omit<GatewayConfig<object>, 'models'> & { models: Record<string, unknown> }) {
  const clock = fakeClock(1_000_000);
  const script = scriptedTransport();
  const records: UsageRecord[] = [];
  const gateway: Gateway = createGateway(
    {
      unknownPrice: 'allow',
      clock,
      retries: { maxRetries: 2, baseDelayMs: 100, maxDelayMs: 1_000 },
      observers: [{ callEnded: (record) => void records.push(record) }],
      ...config,
    } as GatewayConfig<object>,
    { providers: [acme], transport: script.transport, environment: {} },
  );
  const ask = (model: string, more: JsonObject = {}) => gateway.chat({ model, ...question, ...more }, { as: user });
  /** Lets backoff pass until the answer is there. */
  const settle = async <T>(answer: Promise<T>): Promise<T> => {
    let over = false;
    const done = answer.finally(() => {
      over = true;
    });
    done.catch(() => {});
    for (let step = 0; step < 200 && !over; step += 1) await clock.advance(100);
    return await done;
  };
  return { ...script, gateway, clock, records, ask, settle };
}

describe('a gateway', () => {
  it('answers from the only deployment and writes one record of it (R-SP-2)', async () => {
    const { ask, records, gateway } = start({ models: { fast: 'acme/ok' } });
    expect(await ask('fast')).toMatchObject({ model: 'ok' });
    expect(records).toMatchObject([
      {
        outcome: 'ok',
        requestedModel: 'fast',
        usage: { inputTokens: 2, outputTokens: 3, estimated: false },
        via: 'internal',
      },
    ]);
    expect(gateway.openCalls).toBe(0);
  });

  it('goes to the spare at once, without asking the broken one again', async () => {
    const { ask, asked, records } = start({
      models: {
        fast: [
          { model: 'acme/500', weight: 1e9 },
          { model: 'acme/ok', weight: 1e-9 },
        ],
      },
    });
    expect(await ask('fast')).toMatchObject({ model: 'ok' });
    expect(asked).toEqual(['500', 'ok']);
    expect(records[0]?.attempts).toMatchObject([
      { failure: 'upstream_error', status: 500 },
      { failure: undefined, status: 200 },
    ]);
  });

  it('asks a lone deployment again with backoff, then gives its failure', async () => {
    const { ask, asked, settle, records } = start({ models: { fast: 'acme/500' } });
    await expect(settle(ask('fast'))).rejects.toMatchObject({ kind: 'upstream_error', status: 502 });
    expect(asked).toHaveLength(3);
    expect(records).toMatchObject([{ outcome: 'failed', failure: 'upstream_error', costNanoUsd: 0 }]);
  });

  it('never asks again what the input is to blame for, nor anybody else (R-FO-3)', async () => {
    const { ask, asked } = start({
      models: { fast: { deployments: ['acme/400'], fallbacks: ['spare'] }, spare: 'acme/ok' },
    });
    await expect(ask('fast')).rejects.toMatchObject({ kind: 'invalid_input', status: 400 });
    expect(asked).toEqual(['400']);
  });

  it('takes an input that is too long to the group named for that, and to no other', async () => {
    const { ask, asked } = start({
      models: {
        small: { deployments: ['acme/413'], fallbacks: ['other'], contextFallbacks: ['large'] },
        tiny: { deployments: ['acme/413'], fallbacks: ['other'] },
        large: 'acme/ok',
        other: 'acme/ok',
      },
    });
    expect(await ask('small')).toMatchObject({ model: 'ok' });
    await expect(ask('tiny')).rejects.toMatchObject({ kind: 'context_too_long' });
    expect(asked).toEqual(['413', 'ok', '413']);
  });

  it('falls back to the next group when every deployment fails for good', async () => {
    const { ask, asked } = start({
      models: { fast: { deployments: ['acme/401'], fallbacks: ['spare'] }, spare: 'acme/ok' },
    });
    expect(await ask('fast')).toMatchObject({ model: 'ok' });
    expect(asked).toEqual(['401', 'ok']);
  });

  it('gives the first failure when the fallback fails too (R-STR-5)', async () => {
    const { ask } = start({ models: { fast: { deployments: ['acme/401'], fallbacks: ['spare'] }, spare: 'acme/400' } });
    await expect(ask('fast')).rejects.toMatchObject({ kind: 'unauthorized_upstream', status: 502 });
  });

  it('asks no fallback that the caller may not use', async () => {
    const { gateway, asked } = start({
      models: { fast: { deployments: ['acme/401'], fallbacks: ['spare'] }, spare: 'acme/ok' },
    });
    const asAda = gateway.chat({ model: 'fast', ...question }, { as: { id: 'ada', models: ['fast'] } });
    await expect(asAda).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
    expect(asked).toEqual(['401']);
  });

  it('waits as long as a 429 asks when there is nobody else (R-FO-2)', async () => {
    const { ask, asked, clock } = start({ models: { fast: 'acme/429+3' } });
    const answer = ask('fast');
    answer.catch(() => {});
    await clock.advance(2_900);
    expect(asked).toHaveLength(1);
    await clock.advance(200);
    expect(asked).toHaveLength(2);
  });

  it('refuses with the moment of return when all rest for longer than a call may wait (h06, R-FO-4)', async () => {
    const { ask, settle, asked } = start({ models: { fast: 'acme/429+60' }, deadlines: { totalMs: 30_000 } });
    await expect(settle(ask('fast'))).rejects.toMatchObject({ kind: 'rate_limited' });
    await expect(ask('fast')).rejects.toMatchObject({ kind: 'unavailable', status: 503, retryAfterMs: 60_000 });
    expect(asked).toHaveLength(1);
  });

  it('waits for the first to return when that is soon enough (h06)', async () => {
    const { ask, settle, asked, clock } = start({ models: { fast: 'acme/401' }, cooldowns: { cooldownMs: 2_000 } });
    await expect(ask('fast')).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
    const second = ask('fast');
    second.catch(() => {});
    await clock.advance(1_900);
    expect(asked).toHaveLength(1);
    await expect(settle(second)).rejects.toMatchObject({ kind: 'unauthorized_upstream' });
    expect(asked).toHaveLength(2);
  });

  it('gives up on a silent route at the head deadline and does not ask it again (R-STR-9)', async () => {
    const { ask, settle, asked, aborted } = start({ models: { fast: 'acme/silent' }, deadlines: { headersMs: 1_000 } });
    await expect(settle(ask('fast'))).rejects.toMatchObject({ kind: 'timeout', status: 504 });
    expect(asked).toEqual(['silent']);
    expect(aborted).toEqual(['silent']);
  });

  it('aborts the upstream when an in-process caller aborts, and records it (R-STR-6)', async () => {
    const { gateway, aborted, records, clock } = start({ models: { fast: 'acme/silent' } });
    const leaving = new AbortController();
    const answer = gateway.chat({ model: 'fast', ...question }, { as: user, signal: leaving.signal });
    await clock.advance(0);
    leaving.abort();
    await expect(answer).rejects.toThrow(/abort/i);
    expect(aborted).toEqual(['silent']);
    expect(records).toMatchObject([{ outcome: 'client_gone', usage: { estimated: true } }]);
    expect(clock.pending).toBe(0);
  });

  it('drains streams on close, then ends them with an error in the stream (R-CFG-3, h03)', async () => {
    const { gateway, clock, records } = start({ models: { fast: 'acme/streams' } });
    const chunks: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of gateway.chatStream({ model: 'fast', ...question }, { as: user })) chunks.push(chunk);
    })();
    reading.catch(() => {});
    while (chunks.length === 0) await clock.advance(1);
    const closing = gateway.close({ graceMs: 1_000 });
    await expect(gateway.chat({ model: 'fast', ...question }, { as: user })).rejects.toMatchObject({ status: 503 });
    await clock.advance(1_000);
    await expect(reading).rejects.toMatchObject({ kind: 'unavailable' });
    await closing;
    expect(records).toMatchObject([{ outcome: 'incomplete' }]);
    expect(gateway.openCalls).toBe(0);
  });

  it('lists only what the caller may use, and 404s the rest by name (c06)', async () => {
    const { gateway } = start({ models: { fast: 'acme/ok', smart: 'acme/ok' } });
    const list = await gateway.fetchAs({ id: 'x', models: ['fast'] })('http://portico/v1/models');
    expect(((await list.json()) as { data: { id: string }[] }).data.map((model) => model.id)).toEqual(['fast']);
    const answer = gateway.chat({ model: 'smart', ...question }, { as: { id: 'x', models: ['fast'] } });
    await expect(answer).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: 'There is no model "smart" for you. You may use "fast".',
    });
  });

  it('says which field of a body is wrong, and never quotes it (c04)', async () => {
    const { gateway } = start({ models: { fast: 'acme/ok' }, anonymous: { id: 'anyone' } });
    const send = async (body: string | Uint8Array) => {
      const answer = await gateway.fetch(
        new Request('http://host/v1/chat/completions', { method: 'POST', body: body as BodyInit }),
      );
      return {
        status: answer.status,
        ...((await answer.json()) as { error: { message: string; param: string | null } }).error,
      };
    };
    expect(await send('{"model":"fast","messages":"my secret prompt"}')).toMatchObject({
      status: 400,
      param: 'messages',
    });
    expect(await send('{"model":"fast","messages":[7]}')).toMatchObject({ status: 400, param: 'messages[0]' });
    expect(await send('[]')).toMatchObject({ status: 400, message: 'The body must be a JSON object; found an array.' });
    expect(await send('')).toMatchObject({ status: 400, message: expect.stringContaining('empty') });
    expect(await send(new Uint8Array([0x7b, 0xff, 0x7d]))).toMatchObject({
      status: 400,
      message: expect.stringContaining('UTF-8'),
    });
    const broken = await send('{"model":"fast","messages":[{"role":"user","content":my secret prompt}]}');
    expect(broken).toMatchObject({ status: 400, message: expect.stringMatching(/line 1, column 54/) });
    expect(broken.message).not.toContain('secret');
    const deep = `{"model":"fast","messages":[{"role":"user","content":${'['.repeat(10_000)}${']'.repeat(10_000)}}]}`;
    expect(await send(deep)).toMatchObject({ status: 400, message: expect.stringContaining('levels deep') });
    expect(
      await send('{"model":"fast","__proto__":{"stream":true},"messages":[{"role":"user","content":"x"}]}'),
    ).toMatchObject({ status: 200 });
  });

  it('does not let a throwing or silent policy through, and keeps its words to itself (h01)', async () => {
    const models = { fast: 'acme/ok' };
    const ask = (gateway: Gateway) => gateway.fetch(new Request('http://host/v1/models'));
    const throwing = start({
      models,
      authenticate: () => {
        throw new Error('database password wrong');
      },
    });
    const refused = await ask(throwing.gateway);
    expect(refused.status).toBe(500);
    expect(await refused.text()).not.toContain('password');
    const polite = start({
      models,
      authenticate: () => {
        throw Object.assign(new Error('Your plan has ended.'), { status: 403 });
      },
    });
    expect((await ask(polite.gateway)).status).toBe(403);
    const silent = start({ models, authenticate: () => new Promise(() => {}), policyTimeoutMs: 50 });
    const answer = ask(silent.gateway);
    expect((await silent.settle(answer)).status).toBe(500);
    expect((await ask(start({ models }).gateway)).status).toBe(401);
  });

  it('tells clients that retry by themselves when no later attempt would fit either (R-BUD-5)', async () => {
    const anonymous = { id: 'anyone', limits: { tokensPerMinute: 5 } };
    const { gateway, asked } = start({ models: { fast: 'acme/ok' }, anonymous });
    const answer = await gateway.fetch(
      new Request('http://host/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'fast', ...question }),
      }),
    );
    expect([answer.status, answer.headers.get('x-should-retry'), answer.headers.get('retry-after')]).toEqual([
      429,
      'false',
      null,
    ]);
    expect(asked).toEqual([]);
  });

  it("leaves it to clients whether they retry the host's own 429", async () => {
    const slowDown = () => {
      throw Object.assign(new Error('Slow down.'), { status: 429 });
    };
    const { gateway } = start({ models: { fast: 'acme/ok' }, authenticate: slowDown });
    const answer = await gateway.fetch(new Request('http://host/v1/models'));
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([429, null]);
  });

  it('runs interceptors around every upstream request, and counts their throw as a failed attempt', async () => {
    const seen: string[] = [];
    const { ask, asked } = start({
      models: { fast: { deployments: [{ model: 'acme/ok', id: 'first' }], fallbacks: ['spare'] }, spare: 'acme/ok' },
      interceptors: [
        (next) => async (request) => {
          seen.push(`${request.attempt.deployment} ${JSON.stringify(request.headers)}`);
          if (request.attempt.deployment === 'first') throw new GatewayError('unauthorized_upstream', 'not today');
          return await next(request);
        },
      ],
    });
    expect(await ask('fast')).toMatchObject({ model: 'ok' });
    expect(asked).toEqual(['ok']);
    expect(seen[0]).toContain('[hidden]');
  });
});
