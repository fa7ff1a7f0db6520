import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { totalInputTokens, totalOutputTokens } from '@portico/core';
import { usageOfAnswer, usageOfMessages } from '@portico/core/provider';
import { type CaseLine, listCases, readCase } from '@portico/testing';
import { APIError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnsweringGateway, answeringGateway, vendorOf, WIRES } from './answering-gateway.js';
import { finishFits } from './finish-fits.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { type ReadAnswer, readAnswer } from './read-answer.js';
import { readMessage } from './read-message.js';
import { readResponse } from './read-response.js';
import { differenceOf } from './wire-differences.js';

/** How a client of each wire asks, and what it reads. */
const CLIENTS = {
  chat: ({ openai }, model, stream) =>
    readAnswer(openai, { model, messages: HELLO, ...(stream && { stream_options: { include_usage: true } }) }, stream),
  responses: ({ openai }, model, stream) => readResponse(openai, { model, input: 'Hello' }, stream),
  messages: ({ anthropic }, model, stream) => readMessage(anthropic, { model, messages: HELLO }, stream),
} satisfies Record<string, (gateway: AnsweringGateway, model: string, stream: boolean) => Promise<ReadAnswer>>;

type ClientWire = keyof typeof CLIENTS;
const CLIENT_WIRES = Object.keys(CLIENTS) as ClientWire[];

/** What stands beside answers. */
const BESIDE: ReadonlySet<string> = new Set(['count-tokens', 'responses-compact']);

const HELLO = [{ role: 'user', content: 'Hello' }];

describe.each(CLIENT_WIRES)('everything recorded, read by the official client of %s', (client) => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(folder, (line) => line.api in WIRES && !BESIDE.has(line.api) && vendorOf(line) !== undefined);
  let gateway: AnsweringGateway;

  beforeAll(() => {
    gateway = answeringGateway(folder, lines);
  });

  for (const line of lines) {
    const reason = differenceOf(line, client);
    if (reason !== undefined) it.skip(`${line.api} ${line.id}: ${reason}`, () => {});
    else it(`${line.api} ${line.id}`, () => check(line));
  }

  it.each([...new Set(lines.map(({ api }) => api))])('differs in at most 3 % of %s, each with a reason', (api) => {
    const all = lines.filter((line) => line.api === api);
    const different = all.filter((line) => differenceOf(line, client) !== undefined);
    expect(different.length / all.length).toBeLessThanOrEqual(0.03);
  });

  async function check(line: CaseLine): Promise<void> {
    const { expected } = readCase(folder, line.id);
    const asked = CLIENTS[client](gateway, line.id, line.stream);
    if (line.status >= 400 || line.kind.includes('error-in')) return await expectError(asked);
    const answer = await asked;
    // On the Messages wire a refusal is text.
    const said = client === 'messages' ? expected?.text || expected?.refusal : expected?.text;
    expect(answer.text).toBe(said ?? '');
    if (expected?.streamed_function_args === undefined) expect(answer.toolCalls).toEqual(expected?.tool_calls ?? []);
    if (expected?.refusal && client !== 'messages') expect(answer.refusal).toBe(expected.refusal);
    if (expected?.reasoning_text) expect(dense(answer.reasoning)).toBe(dense(expected.reasoning_text));
    const native = expected?.finish_native?.at(-1);
    if (native !== undefined)
      expect(answer.finish).toSatisfy((finish) => finishFits(finish, native, answer.toolCalls.length > 0));
    expectUsage(line, expected?.usage_native, answer);
  }

  /** The ledger has what the vendor counted, and the client is told the same. */
  function expectUsage(line: CaseLine, native: unknown, answer: ReadAnswer): void {
    const record = gateway.recordOf(line.id);
    expect(record?.outcome).toBe('ok');
    const counted = countedBy(line.api, native);
    if (record === undefined || counted === undefined) return;
    expect(record.usage.estimated).toBe(false);
    const usage = { input: totalInputTokens(record.usage), output: totalOutputTokens(record.usage) };
    expect(usage).toEqual(counted);
    // What passes through is told in the vendor's own words.
    if (line.api !== client) expect(answer.usage).toEqual(counted);
  }
});

async function expectError(asked: Promise<unknown>): Promise<void> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof APIError) && !(error instanceof AnthropicError)) {
    throw new Error('the recorded error did not come through as one', { cause: error });
  }
}

function countedBy(api: string, native: unknown): ReadAnswer['usage'] {
  if (api === 'generate') {
    const counts = (native ?? {}) as Record<string, number | undefined>;
    const {
      promptTokenCount = 0,
      toolUsePromptTokenCount = 0,
      candidatesTokenCount = 0,
      thoughtsTokenCount = 0,
    } = counts;
    const input = promptTokenCount + toolUsePromptTokenCount;
    return input === 0 ? undefined : { input, output: candidatesTokenCount + thoughtsTokenCount };
  }
  const usage = api === 'messages' ? usageOfMessages(native) : usageOfAnswer(native);
  return usage && { input: totalInputTokens(usage), output: totalOutputTokens(usage) };
}

/** White space between parts of thinking is each wire's own. */
function dense(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
