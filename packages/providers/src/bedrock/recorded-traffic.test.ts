import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonObject, totalInputTokens, totalOutputTokens } from '@portico/core';
import { type Codec, usageOfAnswer } from '@portico/core/provider';
import { type CaseLine, type ExpectedAnswer, listCases, listDocumentedErrors, readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import {
  collected,
  type Loose,
  type Message,
  type ReadStream,
  readBody,
  readEvents,
  target,
} from '../../test/read-stream.js';
import { eventStreamFraming } from './event-stream-framing.js';
import { bedrock, bedrockMantle } from './index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'index.jsonl'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';
const chat = bedrock.codecs['chat.completions'] as Codec;
const messages = bedrock.codecs.messages as Codec;

/** Where what a client is told differs from what was recorded, and why. */
const SERVER_TOOL =
  'a tool that the vendor ran itself is no call of the client: it is in provider_specific_fields.content_blocks';
const DIFFERENCES: Readonly<Record<string, string>> = {
  'bedrock/converse-document--us-anthropic-claude-haiku-4-c9e358':
    'what the recording says to expect leaves out the text that citations stand at; the client is told it',
  'bedrock/converse-parallel-tools--us-amazon-nova-2-lite-v1-0-528244': SERVER_TOOL,
  'bedrock/converse-parallel-tools-stream--us-amazon-nova-2-lite-v1-0-10b54b': SERVER_TOOL,
};

describe(`recorded traffic of Bedrock${reason}`, () => {
  it.skipIf(absent)('differs in at most 2 % of the answers, each with a reason', () => {
    const all = answers(() => true).length + foreignWires().length;
    expect(all).toBeGreaterThanOrEqual(159);
    expect(Object.keys(DIFFERENCES).length / all).toBeLessThanOrEqual(0.02);
  });

  it.skipIf(absent)(
    'every whole answer says the same to a client of the chat wire, and costs the same (R-SP-1)',
    () => {
      const cases = answers(({ stream }) => !stream);
      expect(cases.length).toBeGreaterThanOrEqual(75);
      for (const line of cases) {
        const { response, expected } = readCase(fixtures, line.id);
        const answer = chat.decode?.(JSON.parse(textOf(response.bytes)), target({ model: modelOf(line) })) as Loose;
        const [{ message, finish_reason: finish }] = answer.choices;
        expectAnswer(line.id, expected, message, finish, answer.usage);
      }
    },
  );

  it.skipIf(absent)(
    'every stream says the same to a client of the chat wire, and costs the same (R-STR-1, R-STR-2)',
    () => {
      const cases = answers(({ stream }) => stream);
      expect(cases.length).toBeGreaterThanOrEqual(59);
      for (const line of cases) {
        const { expected } = readCase(fixtures, line.id);
        const read = readStream(line);
        expect.soft([read.failure, read.malformed, read.dones], line.id).toEqual([undefined, 0, 1]);
        expect.soft(read.contents[0], `${line.id} commits with its role`).toBe(false);
        expect.soft(read.usages[0]?.usage, line.id).toEqual(usageOfAnswer(read.usages[0]?.chunk.usage));
        const { message, finish } = collected(read.chunks);
        expectAnswer(line.id, expected, message, finish, read.usages[0]?.chunk.usage);
      }
    },
  );

  it.skipIf(absent)('an answer of Converse that a client sends back reaches the vendor as it left it (R-XL-1)', () => {
    let compared = 0;
    for (const line of answers(({ api }) => api === 'converse')) {
      const { response } = readCase(fixtures, line.id);
      const message: Loose = line.stream
        ? collected(readStream(line).chunks).message
        : decoded(textOf(response.bytes)).choices[0].message;
      const results = (message.tool_calls ?? []).map((call: Loose) => ({
        role: 'tool',
        tool_call_id: call.id,
        content: 'x',
      }));
      const said = [{ role: 'user', content: 'x' }, message, ...results, { role: 'user', content: 'x' }];
      const model = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
      const encoded: Loose = chat.encode({ messages: said }, target({ model }));
      const sent = encoded.messages.find(({ role }: Loose) => role === 'assistant')?.content ?? [];
      if (!line.stream) expect.soft(sent, line.id).toEqual(asSentBack(JSON.parse(textOf(response.bytes))));
      compared += 1;
    }
    expect(compared).toBeGreaterThanOrEqual(90);
  });

  it.skipIf(absent)('every answer of InvokeModel passes through to a client of its own wire', () => {
    const cases = answers(({ api }) => api === 'invoke');
    expect(cases.length).toBeGreaterThanOrEqual(38);
    for (const line of cases.filter(({ stream }) => stream)) {
      const { bytes } = readCase(fixtures, line.id).response;
      const events = eventsOf([bytes]);
      const read = readEvents(messages, events);
      expect.soft([read.failure, read.malformed, read.dones], line.id).toEqual([undefined, 0, 1]);
      expect.soft(read.texts, line.id).toEqual(events.map(([, data]) => data));
      expect.soft(read.usages.at(-1)?.usage.outputTokens, line.id).toBeGreaterThan(0);
    }
    expect(messages.decode).toBeUndefined();
  });

  it.skipIf(absent)('every answer in the wires of others says what was recorded', () => {
    const cases = foreignWires();
    expect(cases.length).toBeGreaterThanOrEqual(25);
    for (const { id, api, stream, model } of cases) {
      const { response, expected } = readCase(fixtures, id);
      const operation = api === 'chat' ? 'chat.completions' : 'responses';
      const codec = bedrockMantle.codecs[operation] as Codec;
      const text = textOf(response.bytes);
      if (!stream) {
        const answer = JSON.parse(text);
        expect.soft(codec.decode?.(answer, target({ model: model ?? 'x' })) ?? answer, id).toEqual(answer);
        continue;
      }
      const read = readBody(codec, text);
      expect.soft([read.failure, read.malformed, read.dones], id).toEqual([undefined, 0, 1]);
      if (api !== 'chat') continue;
      const said = read.chunks.map((chunk: Loose) => chunk.choices[0]?.delta.content ?? '').join('');
      expect.soft(said, id).toBe(expected?.text ?? '');
    }
  });

  it.skipIf(absent)('rerank says what was recorded', () => {
    const [line] = listCases(fixtures, ({ provider, api }) => provider === 'bedrock' && api === 'rerank');
    const answer = JSON.parse(textOf(readCase(fixtures, `${line?.id}`).response.bytes));
    expect(bedrock.codecs.rerank?.decode?.(answer, target())).toEqual({
      results: answer.results.map(({ index, relevanceScore }: Loose) => ({ index, relevance_score: relevanceScore })),
    });
  });

  it.skipIf(absent)(
    'a stream is the same wherever the network cuts it, inside a frame too (f43)',
    { timeout: 60_000 },
    () => {
      for (const { id } of answers(({ stream }) => stream)) {
        const { bytes } = readCase(fixtures, id).response;
        const whole = JSON.stringify(eventsOf([bytes]));
        const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
        expect.soft(JSON.stringify(eventsOf(single)) === whole, id).toBe(true);
        // Of longer ones, a cut at every fiftieth place must do.
        const step = bytes.length > 4_000 ? Math.ceil(bytes.length / 50) : 1;
        let differing = 0;
        for (let at = 1; at < bytes.length; at += step) {
          const cut = eventsOf([bytes.subarray(0, at), bytes.subarray(at)]);
          if (JSON.stringify(cut) !== whole) differing += 1;
        }
        expect.soft(differing, id).toBe(0);
      }
    },
  );

  it.skipIf(absent)('a stream that is cut anywhere before the model stopped is never complete (R-STR-3)', () => {
    for (const { id, api } of answers(({ stream }) => stream)) {
      const all = eventsOf([readCase(fixtures, id).response.bytes]);
      const ending =
        api === 'converse'
          ? all.findIndex(([name]) => name === 'messageStop')
          : all.findIndex(([, data]) => data.includes('"message_delta"'));
      expect.soft(ending, id).toBeGreaterThan(0);
      for (let count = 0; count <= all.length; count += 1) {
        const { dones } = readEvents(api === 'converse' ? chat : invoked, all.slice(0, count));
        expect.soft(dones, `${id} after ${count} events`).toBe(count > ending ? 1 : 0);
      }
    }
  });

  it.skipIf(absent)('every recorded and documented error is told by kind, and whether to ask again', () => {
    const recorded = listCases(fixtures, ({ provider, status }) => provider === 'bedrock' && status >= 400);
    const documented = listDocumentedErrors(fixtures).filter((id) => id.includes('/bedrock/'));
    const told = [...recorded.map(({ id }) => id), ...documented].map((id) => {
      const { response } = readCase(fixtures, id);
      const headers = { get: (name: string) => response.headers[name] };
      const text = textOf(response.bytes);
      const failure =
        response.status === 200
          ? readEvents(chat, eventsOf([response.bytes])).failure
          : bedrock.classify({ status: response.status, headers, body: JSON.parse(text), text });
      return [id, [failure?.kind, failure?.status, failure?.retryable].join(' ')];
    });
    expect(Object.fromEntries(told)).toMatchInlineSnapshot(`
      {
        "bedrock/error-400--deepseek-r1-v1-0-d7da99": "upstream_model_not_found 404 false",
        "bedrock/error-400--us-amazon-nova-2-lite-v1-0-3c9e60": "invalid_input 400 false",
        "bedrock/error-400--us-amazon-nova-2-lite-v1-0-bcec61": "context_too_long 400 false",
        "bedrock/error-400--us-anthropic-claude-sonnet-4-007950": "invalid_input 400 false",
        "bedrock/error-400--us-anthropic-claude-sonnet-4-5ec50c": "invalid_input 400 false",
        "bedrock/error-403--meta-llama2-13b-chat-v1-1a8b1e": "unauthorized_upstream 502 false",
        "bedrock/error-403--us-amazon-nova-2-lite-v1-0-d096e1": "unauthorized_upstream 502 false",
        "bedrock/error-404--anthropic-claude-3-5-sonnet-80b148": "upstream_model_not_found 404 false",
        "documented-errors/bedrock/error-429-throttling": "rate_limited 429 true",
        "documented-errors/bedrock/error-mid-stream-throttling": "rate_limited 429 true",
      }
    `);
  });
});

/** The chat codec as the route `invoke/` has it: a model that is told by its stream alone. */
const invoked: Codec = { ...chat, openStream: () => chat.openStream(target({ model: 'invoke/claude', stream: true })) };

function answers(which: (line: CaseLine) => boolean): CaseLine[] {
  return listCases(
    fixtures,
    (line) =>
      line.provider === 'bedrock' &&
      (line.api === 'converse' || line.api === 'invoke') &&
      line.status === 200 &&
      which(line),
  );
}

function decoded(text: string): Loose {
  return chat.decode?.(JSON.parse(text), target());
}

function foreignWires(): CaseLine[] {
  return listCases(
    fixtures,
    ({ provider, api, status }) =>
      ['bedrock-openai', 'bedrock-mantle'].includes(provider) && status === 200 && api !== 'models',
  );
}

function modelOf({ api, model }: CaseLine): string {
  return api === 'invoke' ? `invoke/${model ?? 'claude'}` : (model ?? 'unnamed');
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Name and data of the events of a body that arrives in these pieces. */
function eventsOf(pieces: readonly Uint8Array[]): [name: string | undefined, data: string][] {
  const found: [string | undefined, string][] = [];
  const cut = eventStreamFraming.open((data, name) => void found.push([name, data]));
  for (const piece of pieces) cut(piece);
  return found;
}

function readStream(line: CaseLine): ReadStream {
  return readEvents(line.api === 'converse' ? chat : invoked, eventsOf([readCase(fixtures, line.id).response.bytes]));
}

const FINISHES: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  guardrail_intervened: 'content_filter',
};

function expectAnswer(id: string, expected: ExpectedAnswer | undefined, said: Message, finish: unknown, shown: Loose) {
  if (id in DIFFERENCES) return;
  expect.soft(said.content ?? '', id).toBe(expected?.text ?? '');
  expect.soft(said.reasoning_content ?? '', id).toBe(expected?.reasoning_text ?? '');
  const calls = (said.tool_calls ?? []).map((call) => ({
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments),
  }));
  expect.soft(calls, id).toEqual(expected?.tool_calls ?? []);
  const ended = FINISHES[`${expected?.finish_native?.[0]}`];
  expect.soft(finish, id).toBe(ended);
  const native = expected?.usage_native as Record<string, number> | undefined | null;
  if (!native || (native.inputTokens ?? native.input_tokens) === undefined) return;
  const usage = usageOfAnswer(shown);
  const cached = native.cacheReadInputTokens ?? native.cache_read_input_tokens ?? 0;
  const written = native.cacheWriteInputTokens ?? native.cache_creation_input_tokens ?? 0;
  const input = (native.inputTokens ?? native.input_tokens ?? 0) + cached + written;
  if (usage === undefined) return expect.fail(`${id} has no usage`);
  expect.soft([totalInputTokens(usage), usage.cacheReadTokens], id).toEqual([input, cached]);
  expect.soft(totalOutputTokens(usage), id).toBe(native.outputTokens ?? native.output_tokens);
  if (native.totalTokens !== undefined) expect.soft(shown.total_tokens, id).toBe(native.totalTokens);
}

/** The blocks of an answer as they go back: without blank text and unsigned reasoning, and with ids that are ours to spell. */
function asSentBack(answer: Loose): JsonObject[] {
  const sent = answer.output.message.content.flatMap((block: Loose) => {
    if (block.text !== undefined) return block.text.trim() === '' ? [] : [{ text: block.text }];
    if (block.reasoningContent?.reasoningText && !block.reasoningContent.reasoningText.signature) return [];
    if (block.toolUse && block.toolUse.type !== 'server_tool_use') {
      const { toolUseId, name, input } = block.toolUse;
      return [{ toolUse: { toolUseId, name, input } }];
    }
    return [block];
  });
  return joined(sent);
}

/** Texts next to each other are one in a chat message. */
function joined(blocks: readonly Loose[]): JsonObject[] {
  const found: Loose[] = [];
  for (const block of blocks) {
    const last = found.at(-1);
    if (last?.text === undefined || block.text === undefined) found.push({ ...block });
    else last.text += block.text;
  }
  return found;
}
