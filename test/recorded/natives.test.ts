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
import { NATIVE_DIFFERENCES } from './differences.js';
import { finishFits } from './finish-fits.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { readAnswer } from './read-answer.js';
import { isNative, prefixOf, type RecordedGateway, startRecordedGateway } from './recorded-gateway.js';

/** Wires that are no copy of OpenAI's, by what a client of OpenAI's asks to be answered in them. */
const ASKED: Readonly<Record<string, 'chat' | 'completions' | 'embeddings'>> = {
  chat2: 'chat',
  embed: 'embeddings',
  embed2: 'embeddings',
  embeddings: 'embeddings',
  messages: 'chat',
  generate: 'chat',
  'ollama-chat': 'chat',
  'ollama-embed': 'embeddings',
  'ollama-generate': 'completions',
  predict: 'embeddings',
};

describe("recorded answers in vendors' own wires, read by the official client through Express", () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(folder, (line) => line.api in ASKED && isNative(line));
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
    const reason = NATIVE_DIFFERENCES[line.id];
    if (reason !== undefined) it.skip(`${line.api} ${line.id}: ${reason}`, () => {});
    else it(`${line.api} ${line.id}`, () => check(line, readCase(folder, line.id)));
  }

  it('differ in at most 2 % of them, each with a reason', () => {
    expect(Object.keys(NATIVE_DIFFERENCES).length / lines.length).toBeLessThanOrEqual(0.02);
  });

  async function check(line: CaseLine, recorded: RecordedCase): Promise<void> {
    if (line.status >= 400) return await checkError(line);
    const asked = ASKED[line.api];
    if (asked === 'embeddings') await checkEmbeddings(line, recorded);
    else await checkText(line, recorded, asked === 'completions');
    expect(gateway.recordOf(line.id)?.outcome).toBe('ok');
  }

  async function checkText(line: CaseLine, { expected }: RecordedCase, isCompletion: boolean): Promise<void> {
    const answer = isCompletion
      ? await complete(line)
      : await readAnswer(
          gateway.openai,
          { messages: [{ role: 'user', content: 'Hello' }], model: line.id },
          line.stream,
        );
    expect(answer.text).toBe(expected?.text ?? '');
    if (expected?.streamed_function_args === undefined) expect(answer.toolCalls).toEqual(expected?.tool_calls ?? []);
    const native = expected?.finish_native?.[0];
    if (native !== undefined) {
      expect(answer.finish).toSatisfy((finish) => finishFits(finish, `${native}`, answer.toolCalls.length > 0));
    }
    const usage = gateway.recordOf(line.id)?.usage;
    const counted = countedIn(expected?.usage_native);
    if (usage === undefined || counted === undefined) return;
    expect(usage.estimated).toBe(false);
    expect([totalInputTokens(usage), totalOutputTokens(usage)]).toEqual(counted);
  }

  async function complete(line: CaseLine) {
    const body = { model: line.id, prompt: 'Hello' };
    if (!line.stream) {
      const [choice] = (await gateway.openai.completions.create(body)).choices;
      return { text: choice?.text, toolCalls: [], finish: choice?.finish_reason };
    }
    let text = '';
    let finish: string | undefined;
    for await (const { choices } of await gateway.openai.completions.create({ ...body, stream: true })) {
      text += choices[0]?.text ?? '';
      finish = choices[0]?.finish_reason ?? finish;
    }
    return { text, toolCalls: [], finish };
  }

  async function checkEmbeddings(line: CaseLine, recorded: RecordedCase): Promise<void> {
    const answer = await gateway.openai.embeddings.create({ input: 'x', encoding_format: 'float', model: line.id });
    const sent = JSON.parse(Buffer.from(recorded.response.bytes).toString());
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(vectorsIn(sent));
  }

  async function checkError(line: CaseLine): Promise<void> {
    const asked =
      ASKED[line.api] === 'embeddings'
        ? gateway.openai.embeddings.create({ input: 'x', model: line.id })
        : readAnswer(gateway.openai, { messages: [{ role: 'user', content: 'Hello' }], model: line.id }, line.stream);
    const error = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof APIError))
      throw new Error('the recorded error did not come through as one', { cause: error });
    expect([error.message, error.type]).toEqual([expect.any(String), expect.any(String)]);
    // Gemini says 400 for a credential it does not know.
    const statuses: Record<number, readonly number[]> = { 400: [400, 502], 401: [502], 404: [404], 429: [429] };
    expect(statuses[line.status]).toContain(error.status);
  }
});

/** The vectors of an answer, wherever its wire has them. */
function vectorsIn({ embeddings, embedding, predictions }: Loose): unknown {
  const list = predictions?.map((one: Loose) => one.embeddings) ?? embeddings?.float ?? embeddings ?? [embedding];
  return list.map((one: Loose) => (Array.isArray(one) ? one : one.values));
}

/** Input and output tokens by each wire's own words; undefined where only one of the two was counted. */
function countedIn(native: unknown): [number, number] | undefined {
  const counted = (native ?? {}) as Loose;
  if (counted.tokens) {
    const { input_tokens: input, output_tokens: output, image_tokens: image = 0 } = counted.tokens;
    return [input + image, output];
  }
  if (counted.totalTokenCount) {
    const input = (counted.promptTokenCount ?? 0) + (counted.toolUsePromptTokenCount ?? 0);
    return [input, counted.totalTokenCount - input];
  }
  if (counted.input_tokens !== undefined) {
    const cached = (counted.cache_creation_input_tokens ?? 0) + (counted.cache_read_input_tokens ?? 0);
    return [counted.input_tokens + cached, counted.output_tokens];
  }
  // Ollama leaves out what it did not have to read again.
  return counted.eval_count === undefined ? undefined : [counted.prompt_eval_count ?? 0, counted.eval_count];
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of many vendors, read the way a client reads them, and asserted.
type Loose = any;
