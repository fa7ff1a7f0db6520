import { createHash, createHmac } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import { totalInputTokens, totalOutputTokens, type UsageRecord } from '@portico/core';
import { llmGateway } from '@portico/express';
import {
  type CaseLine,
  type LoggedRequest,
  listCases,
  type ReplayProvider,
  readCase,
  startReplayProvider,
} from '@portico/testing';
import express from 'express';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishFits } from './finish-fits.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { readAnswer } from './read-answer.js';

const KEYS = { accessKeyId: 'AKIDRECORDED', secretAccessKey: 'recorded+secret/key', sessionToken: 'lent==' };
const REGION = 'eu-central-1';
const PLAIN_QUESTION = { messages: [{ role: 'user', content: 'Hällo' }] };

const SERVER_TOOL = 'a tool that the vendor ran itself is no call of the client';
const DIFFERENCES: Readonly<Record<string, string>> = {
  'bedrock/converse-document--us-anthropic-claude-haiku-4-c9e358':
    'the text that citations stand at is told, which the recording does not expect',
  'bedrock/converse-parallel-tools--us-amazon-nova-2-lite-v1-0-528244': SERVER_TOOL,
  'bedrock/converse-parallel-tools-stream--us-amazon-nova-2-lite-v1-0-10b54b': SERVER_TOOL,
};

/**
 * The whole road to AWS: an Express app, a signature over what is really sent, binary frames that arrive in pieces. Every
 * request that reached the replaying server is checked as AWS would check it, by code of its own.
 */
describe('recorded answers of Bedrock, read by official clients through Express', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(
    folder,
    ({ provider, api, status }) =>
      status === 200 &&
      ((provider === 'bedrock' && (api === 'converse' || api === 'invoke')) ||
        (['bedrock-openai', 'bedrock-mantle'].includes(provider) && (api === 'chat' || api === 'responses'))),
  );
  const records = new Map<string, UsageRecord>();
  let replay: ReplayProvider;
  let base: string;
  let openai: OpenAI;
  let anthropic: Anthropic;
  let close: () => Promise<void>;

  beforeAll(async () => {
    replay = await startReplayProvider({ fixtures: folder, chunking: 'random', seed: 11 });
    const deployment = (line: CaseLine, model: string) => [
      { model, baseUrl: replay.caseUrl(line.id), options: { ...KEYS, region: REGION }, dropUnsupported: true },
    ];
    const gateway = llmGateway({
      models: Object.fromEntries([
        ...lines.map((line) => [line.id, deployment(line, modelOf(line))]),
        // Whatever model answered: one that has no wire of its own but Converse.
        ...lines.map((line) => [`bridged ${line.id}`, deployment(line, 'bedrock/amazon.nova-lite-v1:0')]),
      ]),
      anonymous: { id: 'tester' },
      retries: { maxRetries: 0 },
      cooldowns: { cooldownMs: 0, quotaCooldownMs: 0 },
      observers: [{ callEnded: (record) => void records.set(record.requestedModel, record) }],
    });
    const app = express();
    app.use('/llm', gateway);
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as { port: number }).port}/llm`;
    openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'unused', maxRetries: 0 });
    anthropic = new Anthropic({ baseURL: base, apiKey: 'unused', maxRetries: 0 });
    close = async () => {
      await gateway.close({ graceMs: 1_000 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  });
  afterAll(async () => {
    await close();
    await replay.close();
  });

  it('are all there are', () => expect(lines.length).toBeGreaterThanOrEqual(159));

  it('differ in at most 2 %, each with a reason', () => {
    expect(Object.keys(DIFFERENCES).length / lines.length).toBeLessThanOrEqual(0.02);
  });

  for (const line of lines) {
    const reason = DIFFERENCES[line.id];
    if (reason !== undefined) it.skip(`${line.api} ${line.id}: ${reason}`, () => {});
    else it(`${line.api} ${line.id}`, () => (line.api === 'responses' ? checkResponse(line.id, line) : check(line)));
  }

  const converse = lines.filter(({ api, id }) => api === 'converse' && !(id in DIFFERENCES));

  it.each(converse.map((line) => [line.id, line] as const))('by the Responses wire: %s', (id, line) =>
    checkResponse(`bridged ${id}`, line),
  );

  async function checkResponse(model: string, line: CaseLine): Promise<void> {
    const expected = readCase(folder, line.id).expected;
    const question = { model, input: 'Hello' };
    const response = await (line.stream ? streamedResponse(question, line) : openai.responses.create(question));
    const said = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
    expect(said.map((part) => (part.type === 'output_text' ? part.text : '')).join('')).toBe(expected?.text ?? '');
    const calls = response.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    expect(calls.map(({ name, arguments: text }) => ({ name, arguments: JSON.parse(text) }))).toEqual(
      expected?.tool_calls ?? [],
    );
  }

  async function streamedResponse(question: { model: string; input: string }, line: CaseLine) {
    if (line.provider === 'bedrock') return await openai.responses.stream(question).finalResponse();
    // The client's own way of collecting does not take every event that vendors send.
    for await (const event of await openai.responses.create({ ...question, stream: true })) {
      if (event.type === 'response.completed') return event.response;
    }
    throw new Error('The response was never complete.');
  }

  it.each(converse.map((line) => [line.id, line] as const))('by the Messages wire: %s', async (id, line) => {
    const expected = readCase(folder, id).expected;
    const question = {
      model: `bridged ${id}`,
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: 'Hello' }],
    };
    const message = line.stream
      ? await anthropic.messages.stream(question).finalMessage()
      : await anthropic.messages.create(question);
    expect(textOf(message)).toBe(expected?.text ?? '');
    const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
    expect(calls.map(({ name, input }) => ({ name, arguments: input }))).toEqual(expected?.tool_calls ?? []);
  });

  const invoked = lines.filter(({ api, model }) => api === 'invoke' && model?.includes('claude'));

  it.each(invoked.map((line) => [line.id, line] as const))("by Claude's own wire: %s", async (id, line) => {
    const { expected } = readCase(folder, id);
    const question = { model: id, max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello' }] };
    const message = line.stream
      ? await anthropic.messages.stream(question).finalMessage()
      : await anthropic.messages.create(question);
    expect(textOf(message)).toBe(expected?.text ?? '');
    const sent = replay.log.requests.findLast(({ caseId }) => caseId === id);
    expect(sent?.path).toMatch(line.stream ? /\/invoke-with-response-stream$/ : /\/invoke$/);
    expect(sent?.body).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: question.messages,
    });
  });

  it('were all asked for with a signature that AWS accepts', () => {
    expect(replay.log.requests.length).toBeGreaterThan(0);
    for (const request of replay.log.requests)
      expect(signatureOf(request), request.path).toBe(expectedSignature(request));
  });

  async function check(line: CaseLine): Promise<void> {
    const answer = await readAnswer(openai, { ...PLAIN_QUESTION, model: line.id }, line.stream);
    const { expected } = readCase(folder, line.id);
    expect(answer.text).toBe(expected?.text ?? '');
    expect(answer.toolCalls).toEqual(expected?.tool_calls ?? []);
    const native = expected?.finish_native?.[0];
    if (native !== undefined)
      expect(answer.finish).toSatisfy((finish) => finishFits(finish, native, answer.toolCalls.length > 0));
    const record = records.get(line.id);
    expect(record?.outcome).toBe('ok');
    const counted = expected?.usage_native as Record<string, number> | null | undefined;
    if (line.provider !== 'bedrock' || !counted || !record) return;
    const input = counted.inputTokens ?? counted.input_tokens;
    if (input === undefined) return;
    const cached = counted.cacheReadInputTokens ?? counted.cache_read_input_tokens ?? 0;
    const written = counted.cacheWriteInputTokens ?? counted.cache_creation_input_tokens ?? 0;
    expect(totalInputTokens(record.usage)).toBe(input + cached + written);
    expect(totalOutputTokens(record.usage)).toBe(counted.outputTokens ?? counted.output_tokens);
  }
});

function modelOf({ provider, api, model }: CaseLine): string {
  if (provider === 'bedrock-openai') return `bedrock/openai/${model}`;
  if (provider === 'bedrock-mantle') return `bedrock_mantle/${model}`;
  if (api === 'invoke') return `bedrock/invoke/${model ?? 'anthropic.claude-sonnet-4-5'}`;
  return `bedrock/${model ?? 'unnamed'}`;
}

function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function signatureOf({ headers }: LoggedRequest): string | undefined {
  return headers.authorization?.split('Signature=')[1];
}

/** The signature as AWS computes it, from what arrived. */
function expectedSignature({ method, path, headers, bodyBytes }: LoggedRequest): string {
  const [, scope = '', names = ''] =
    /Credential=AKIDRECORDED\/(\S+), SignedHeaders=(\S+),/.exec(`${headers.authorization}`) ?? [];
  const time = `${headers['x-amz-date']}`;
  const service = path.startsWith('/case/bedrock-mantle') ? 'bedrock-mantle' : 'bedrock';
  expect(scope).toBe(`${time.slice(0, 8)}/${REGION}/${service}/aws4_request`);
  expect(names).toBe('content-type;host;x-amz-date;x-amz-security-token');
  const canonical = [
    method,
    path.split('/').map(encodeURIComponent).join('/'),
    '',
    ...names.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    names,
    createHash('sha256').update(bodyBytes).digest('hex'),
  ].join('\n');
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const key = scope
    .split('/')
    .reduce<Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${KEYS.secretAccessKey}`),
    );
  return createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hashed}`).digest('hex');
}
