import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '@portico/core';
import { createGateway } from '@portico/node';
import { fakeClock } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Endpoint, REFUSALS, type Refusal } from './refusals.js';

/** Stands in every request of the caller whose requests are refused, and in nobody else's. */
const MARK = 'MARK';
const MALLORY = { id: 'mallory' };
const ADA = { id: 'ada' };
const STREAMS: ReadonlySet<Endpoint> = new Set(['chat/completions', 'responses', 'messages']);

const CASES = REFUSALS.flatMap((refusal) =>
  (STREAMS.has(refusal.path) ? [false, true] : [false]).map((stream) => ({
    refusal,
    stream,
    what: `${refusal.model} at ${refusal.path}, status ${refusal.status}: ${JSON.stringify(refusal.sets).slice(0, 90)}`,
  })),
);

describe('what a vendor refuses because of what its caller set', () => {
  it.each(CASES)('hurts nobody else ($what, stream: $stream)', async ({ refusal, stream }) => {
    const { ask, asked, standings } = await start(refusal);
    const before = await standings();
    // More often than any number of failures in a row that is too many.
    for (let call = 1; call <= 6; call += 1) {
      const answer = await ask(MALLORY, refusal.path, bodyOf(refusal, stream), refusal.headers);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(asked()).toEqual(refusal.unclear ? ['first', 'second', 'spare'] : ['first']);
    }
    expect(await standings()).toEqual(before);
    for (const streamed of [false, true]) {
      const answer = await ask(ADA, 'chat/completions', { messages: QUESTION, stream: streamed });
      expect(answer.status).toBe(200);
      expect(asked()).toEqual(['first']);
    }
  });
});

describe('what is the fault of the deployment', () => {
  const NOT_THERE = { error: { message: 'The model `gpt-4o-mini` does not exist.', code: 'model_not_found' } };
  it.each([
    ['a model that the vendor names', 404, NOT_THERE, { conversation: 'conv_1' }],
    ['a 404 for a request that names nothing', 404, { error: { message: 'Resource not found' } }, {}],
    ['a rate limit without a tier', 429, { error: { message: 'Slow down.' } }, {}],
    ['a usual tier', 429, { error: { message: 'Slow down.' } }, { service_tier: 'auto' }],
  ])('has it left alone for everybody: %s', async (_what, status, says, sets) => {
    const { ask, asked } = await start({
      model: 'openai/gpt-4o-mini',
      path: 'responses',
      sets,
      status,
      says,
      source: '',
    });
    await ask(MALLORY, 'responses', { input: MARK, ...sets });
    expect(asked()).toEqual(['first', 'second', 'spare']);
    expect((await ask(ADA, 'responses', { input: 'Hi' })).status).toBe(503);
    expect(asked()).toEqual([]);
  });
});

describe('a deadline that the caller set', () => {
  it.each([false, true])('says nothing about the deployment (stream: %s)', async (stream) => {
    const { ask, asked, standings, clock, arrived } = await start(
      { model: 'openai/gpt-4o-mini', path: 'chat/completions', sets: {}, status: 0, says: {}, source: '' },
      { requestOverrides: true },
    );
    const before = await standings();
    for (let call = 1; call <= 6; call += 1) {
      const request = arrived();
      const answer = ask(MALLORY, 'chat/completions', {
        messages: [{ role: 'user', content: MARK }],
        stream,
        timeout: 0.05,
      });
      await request;
      await clock.advance(50);
      expect((await answer).status).toBe(504);
      expect(asked()).toEqual(['first']);
    }
    expect(await standings()).toEqual(before);
    expect((await ask(ADA, 'chat/completions', { messages: QUESTION })).status).toBe(200);
    expect(asked()).toEqual(['first']);
  });
});

const QUESTION = [{ role: 'user', content: 'Hi' }];

function bodyOf({ path, sets }: Refusal, stream: boolean): Record<string, unknown> {
  const question = { messages: [{ role: 'user', content: MARK }] };
  const bodies: Record<Endpoint, object> = {
    'chat/completions': question,
    responses: { input: MARK },
    messages: { ...question, max_tokens: 10 },
    completions: { prompt: MARK },
    embeddings: { input: MARK },
    'images/generations': { prompt: MARK },
    'images/edits': { prompt: MARK },
    'audio/speech': { input: MARK, voice: 'alloy' },
    'audio/transcriptions': { prompt: MARK },
  };
  return { ...bodies[path], ...sets, ...(stream && { stream }) };
}

/** A group of two deployments, the first of which is asked first, and a fallback; all of one vendor that refuses what Mallory asks. */
async function start({ model, status, says }: Refusal, config: Partial<GatewayConfig> = {}) {
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      seen.push(request.url?.split('/')[1] ?? '');
      waiting.shift()?.();
      const refuses = body.includes(MARK) || !/"Hi"/.test(body);
      if (refuses && status === 0) return;
      const streams = /"stream":true|streamGenerateContent/.test(body + (request.url ?? ''));
      response.writeHead(refuses ? status : 200, {
        'content-type': !refuses && streams ? 'text/event-stream' : 'application/json',
      });
      response.end(refuses ? JSON.stringify(says) : wellAnswer(request.url ?? '', streams));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deployment = (name: string, weight: number) => ({
    id: name,
    model,
    baseUrl: `${origin}/${name}`,
    apiKey: 'sk-of-a-vendor-that-is-none',
    price: { input: 1, output: 2 },
    weight,
    capabilities: { priorityTier: true },
    ...(model.startsWith('azure') && { baseModel: 'gpt-4o-mini' }),
  });
  const clock = fakeClock(Date.UTC(2026, 5, 3, 12));
  const gateway = createGateway({
    // What refusals teach is looked at here, also of ids that the gateway would refuse itself.
    vendorIds: 'allow',
    clock,
    unknownPrice: 'allow',
    retries: { maxRetries: 0 },
    // Nobody waits for a deployment: where all are left alone, calls fail at once.
    cooldowns: { maxWaitMs: 0 },
    models: {
      group: { deployments: [deployment('first', 1e12), deployment('second', 1)], fallbacks: ['spare'] },
      spare: [deployment('spare', 1)],
    },
    ...config,
  });
  onTestFinished(async () => {
    await gateway.close({ graceMs: 0 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    clock,
    arrived: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    /** Who was asked since the last time that somebody wanted to know. */
    asked: () => seen.splice(0),
    /** What routing knows of each deployment. */
    async standings() {
      const known = await Promise.all(['group', 'spare'].map((name) => gateway.explain({ model: name, as: ADA })));
      return known.flatMap(({ route }) => (route.decision === 'deployments' ? route.deployments : []));
    },
    ask(
      as: typeof ADA,
      path: Endpoint,
      fields: Record<string, unknown>,
      headers: Readonly<Record<string, string>> = {},
    ) {
      const file = FILES[path];
      return gateway.fetchAs(as)(`http://portico/v1/${path}`, {
        method: 'POST',
        headers: { ...(file === undefined && { 'content-type': 'application/json' }), ...headers },
        body: file ? formOf(file, { model: 'group', ...fields }) : JSON.stringify({ model: 'group', ...fields }),
      });
    },
  };
}

/** The name of the file at endpoints that take forms. */
const FILES: Partial<Record<Endpoint, string>> = { 'audio/transcriptions': 'file', 'images/edits': 'image' };

function formOf(file: string, fields: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  form.append(file, new Blob(['RIFF'], { type: 'application/octet-stream' }), 'a.bin');
  return form;
}

/** The shortest good answer of each wire that a neighbour's chat is asked on. */
function wellAnswer(url: string, streams: boolean): string {
  const event = (value: object, name?: string) => `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(value)}\n\n`;
  if (url.includes('enerateContent')) {
    const answer = { candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] };
    return streams ? event(answer) : JSON.stringify(answer);
  }
  if (url.includes('/v2/chat')) {
    if (!streams) {
      return JSON.stringify({
        id: 'a',
        message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
        finish_reason: 'COMPLETE',
        usage: {},
      });
    }
    return [
      event({ type: 'message-start', id: 'a', delta: { message: { role: 'assistant' } } }),
      event({ type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
      event({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } }),
      event({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: {} } }),
    ].join('');
  }
  if (url.includes('/messages')) {
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: 'a', type: 'message', role: 'assistant', model: 'm', stop_sequence: null };
    if (!streams) {
      return JSON.stringify({ ...message, content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn', usage });
    }
    return [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
      { type: 'message_stop' },
    ]
      .map((each) => event(each, each.type))
      .join('');
  }
  const choice = { index: 0, finish_reason: 'stop' };
  const completion = {
    id: 'a',
    created: 1,
    model: 'm',
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
  const said = { role: 'assistant', content: 'Hi' };
  if (!streams)
    return JSON.stringify({ ...completion, object: 'chat.completion', choices: [{ ...choice, message: said }] });
  return `${event({ ...completion, object: 'chat.completion.chunk', choices: [{ ...choice, delta: said }] })}data: [DONE]\n\n`;
}
