import { totalInputTokens, totalOutputTokens } from '@portico/core';
import {
  type CaseLine,
  listCases,
  type RecordedCase,
  type ReplayProvider,
  readCase,
  startReplayProvider,
} from '@portico/testing';
import { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIFFERENCES } from './differences.js';
import { finishFits } from './finish-fits.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { readAnswer } from './read-answer.js';
import { isNative, prefixOf, type RecordedGateway, startRecordedGateway } from './recorded-gateway.js';

const APIS = ['chat', 'messages', 'embeddings'] as const;

describe('recorded answers, read by the official client through Express', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(folder, (line) => (APIS as readonly string[]).includes(line.api) && !isNative(line));
  let replay: ReplayProvider;
  let gateway: RecordedGateway;

  beforeAll(async () => {
    replay = await startReplayProvider({ fixtures: folder, chunking: 'random', seed: 7 });
    gateway = await startRecordedGateway(lines, replay, prefixOf);
  });
  afterAll(async () => {
    await gateway.close();
    await replay.close();
  });

  for (const line of lines) {
    const reason = DIFFERENCES[line.id];
    if (reason !== undefined) it.skip(`${line.api} ${line.id}: ${reason}`, () => {});
    else it(`${line.api} ${line.id}`, () => check(line));
  }

  it.each([[['chat', 'embeddings']], [['messages']]])('differ in at most 2 % of %s, each with a reason', (apis) => {
    const all = lines.filter((line) => apis.includes(line.api));
    const different = all.filter((line) => line.id in DIFFERENCES);
    expect(different.length / all.length).toBeLessThanOrEqual(0.02);
  });

  async function check(line: CaseLine): Promise<void> {
    const recorded = readCase(folder, line.id);
    if (line.status >= 400 || line.kind.includes('error-in')) return await checkError(line, recorded);
    if (line.api === 'embeddings') return await checkEmbeddings(line, recorded);
    const body = line.api === 'chat' ? requestOf(recorded) : PLAIN_QUESTION;
    const answer = await readAnswer(gateway.openai, { ...body, model: line.id }, line.stream);
    const { expected } = recorded;
    expect(answer.text).toBe(expected?.text ?? '');
    if (expected?.streamed_function_args === undefined) expect(answer.toolCalls).toEqual(expected?.tool_calls ?? []);
    if (expected?.refusal) expect(answer.refusal).toBe(expected.refusal);
    const native = expected?.finish_native?.[0];
    if (native !== undefined)
      expect(answer.finish).toSatisfy((finish) => finishFits(finish, native, answer.toolCalls.length > 0));
    checkUsage(line, expected?.usage_native);
  }

  function checkUsage(line: CaseLine, native: unknown): void {
    const record = gateway.recordOf(line.id);
    expect(record?.outcome).toBe('ok');
    if (native === undefined || native === null) return;
    const counted = native as Record<string, number | undefined>;
    const usage = record?.usage;
    if (usage === undefined) throw new Error('no usage was recorded');
    expect(usage.estimated).toBe(false);
    if (line.api === 'messages') {
      const input =
        (counted.input_tokens ?? 0) +
        (counted.cache_creation_input_tokens ?? 0) +
        (counted.cache_read_input_tokens ?? 0);
      expect([totalInputTokens(usage), usage.cacheReadTokens]).toEqual([input, counted.cache_read_input_tokens ?? 0]);
      expect(totalOutputTokens(usage)).toBe(counted.output_tokens);
      return;
    }
    const { prompt_tokens: prompt = 0, completion_tokens: completion = 0, total_tokens: total = 0 } = counted;
    const details = (native as { prompt_tokens_details?: { cached_tokens?: number } | null }).prompt_tokens_details;
    const cached = details?.cached_tokens ?? 0;
    // Vendors who count something beside prompt and completion say so in their total; cached tokens that are more than the
    // prompt cannot be a part of it.
    const inputs = [prompt, total - completion, ...(cached > prompt ? [prompt + cached] : [])];
    expect(inputs).toContain(totalInputTokens(usage));
    expect([completion, total - prompt]).toContain(totalOutputTokens(usage));
    if (cached > 0) expect(usage.cacheReadTokens).toBe(cached);
  }

  async function checkEmbeddings(line: CaseLine, recorded: RecordedCase): Promise<void> {
    const body = requestOf(recorded) as { input: string; encoding_format?: 'float' };
    const encoding = body.encoding_format ?? 'float';
    const answer = await gateway.openai.embeddings.create({ ...body, encoding_format: encoding, model: line.id });
    const { data } = JSON.parse(Buffer.from(recorded.response.bytes).toString()) as { data: { embedding: unknown }[] };
    expect(answer.data.map((entry) => entry.embedding)).toEqual(data.map((entry) => entry.embedding));
  }

  async function checkError(line: CaseLine, recorded: RecordedCase): Promise<void> {
    const body = { input: 'x', ...requestOf(recorded), model: line.id };
    const asked =
      line.api === 'embeddings'
        ? gateway.openai.embeddings.create(body)
        : readAnswer(gateway.openai, line.api === 'chat' ? body : { ...PLAIN_QUESTION, model: line.id }, line.stream);
    const error = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof APIError))
      throw new Error('the recorded error did not come through as one', { cause: error });
    expect(error.message).toBeTypeOf('string');
    expect(error.type).toBeTypeOf('string');
    const statuses: Record<number, readonly number[]> = {
      // An error inside an answer has no status of its own but what it says.
      200: [400, 404, 429, 502, 503],
      // Some vendors say 400 for a model they do not know, and for an account that is empty.
      400: [400, 404, 429],
      401: [502],
      403: [502],
      404: [404],
      429: [429],
      500: [502],
      501: [502],
    };
    // Once content was sent the status stands, and the error is one in the stream.
    if (error.status !== undefined) expect(statuses[line.status]).toContain(error.status);
  }
});

const PLAIN_QUESTION = { messages: [{ role: 'user', content: 'Hello' }] };

function requestOf(recorded: RecordedCase): Record<string, unknown> {
  return typeof recorded.request.body === 'object' && recorded.request.body !== null
    ? (recorded.request.body as Record<string, unknown>)
    : PLAIN_QUESTION;
}
