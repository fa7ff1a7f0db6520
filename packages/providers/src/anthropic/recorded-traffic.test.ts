import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonObject, totalInputTokens, totalOutputTokens, type Usage } from '@portico/core';
import { type StreamSink, usageOfAnswer } from '@portico/core/provider';
import { type CaseLine, type ExpectedAnswer, listCases, listDocumentedErrors, readCase } from '@portico/testing';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { readBody, target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';
import { anthropic } from './index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'index.jsonl'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';

describe(`recorded traffic in the Messages wire${reason}`, () => {
  it.skipIf(absent)(
    'every whole answer says the same to a client of the chat wire, and costs the same (R-SP-1)',
    () => {
      const cases = answers({ stream: false });
      expect(cases.length).toBeGreaterThanOrEqual(93);
      for (const line of cases) {
        const { response, expected } = readCase(fixtures, line.id);
        const { choices, usage } = decoded(textOf(response.bytes));
        const [{ message, finish_reason: finish }] = choices;
        const calls = (message.tool_calls ?? []).map((call: Loose) => call.function);
        expectAnswer(line.id, expected, { ...message, calls, finish, shown: usage });
      }
    },
  );

  it.skipIf(absent)(
    'every stream says the same to a client of the chat wire, and costs the same (R-STR-1, R-STR-2)',
    () => {
      const cases = answers({ stream: true });
      expect(cases.length).toBeGreaterThanOrEqual(80);
      for (const line of cases) {
        const { response, expected } = readCase(fixtures, line.id);
        const read = readBody(chatCompletions, textOf(response.bytes));
        expect.soft([read.failure, read.malformed, read.dones], line.id).toEqual([undefined, 0, 1]);
        expect.soft(read.contents[0], `${line.id} commits with its role`).toBe(false);
        const said = joined(read.chunks);
        expectAnswer(line.id, expected, { ...said, shown: read.usages.at(-1)?.chunk.usage });
        expect.soft(read.usages, line.id).toHaveLength(1);
        expect.soft(read.usages[0]?.usage, line.id).toEqual(usageOfAnswer(read.usages[0]?.chunk.usage));
        const produced = [said.content, said.reasoning_content, ...said.calls.map((call) => call.arguments)].join('');
        expect.soft(read.produced, line.id).toBe(produced.length);
      }
    },
  );

  it.skipIf(absent)(
    'an answer that a client sends back reaches the vendor as it left it, streamed or not (R-XL-1)',
    () => {
      for (const line of [...answers({ stream: false }), ...answers({ stream: true })]) {
        const body = textOf(readCase(fixtures, line.id).response.bytes);
        const message = line.stream
          ? collected(readBody(chatCompletions, body).chunks)
          : decoded(body).choices[0].message;
        const results = (message.tool_calls ?? []).map(({ id }: Loose) => ({
          role: 'tool',
          tool_call_id: id,
          content: 'x',
        }));
        const messages = [{ role: 'user', content: 'x' }, message, ...results, { role: 'user', content: 'x' }];
        const model = line.model?.includes('claude') ? line.model : 'claude-haiku-4-5';
        const encoded: Loose = chatCompletions.encode({ messages }, target({ model }));
        const sent = encoded.messages.find(({ role }: Loose) => role === 'assistant')?.content ?? [];
        expect.soft(sent, line.id).toEqual(asSentBack(line.stream ? blocksOfStream(body) : JSON.parse(body).content));
      }
    },
  );

  it.skipIf(absent)(
    'a stream is the same wherever the network cuts it, inside a character too (f43)',
    { timeout: 30_000 },
    () => {
      for (const { id } of answers({ stream: true })) {
        const { response } = readCase(fixtures, id);
        const whole = eventsOf([response.bytes]);
        let differing = 0;
        for (const { from, end, nextEnd } of eventRanges(response.bytes)) {
          const bytes = response.bytes.subarray(from, nextEnd);
          const uncut = eventsOf([bytes]);
          for (let at = 1; at <= end - from; at += 1) {
            if (!isSame(eventsOf([bytes.subarray(0, at), bytes.subarray(at)]), uncut)) differing += 1;
          }
        }
        for (let at = 0; at <= response.bytes.length; at += Math.ceil(response.bytes.length / 50)) {
          if (!isSame(eventsOf([response.bytes.subarray(0, at), response.bytes.subarray(at)]), whole)) differing += 1;
        }
        expect.soft(differing, id).toBe(0);
      }
    },
  );

  it.skipIf(absent)('a stream that is cut anywhere before its stop reason is never complete (R-STR-3)', () => {
    for (const { id } of answers({ stream: true })) {
      const events = eventsOf([readCase(fixtures, id).response.bytes]);
      const ending = events.findIndex(([data, name]) => name === 'message_delta' && data.includes('"stop_reason":"'));
      expect.soft(ending, id).toBeGreaterThan(0);
      for (let count = 0; count <= events.length; count += 1) {
        expect.soft(donesOf(events.slice(0, count)), `${id} after ${count} events`).toBe(count > ending ? 1 : 0);
      }
    }
  });

  it.skipIf(absent)(
    'every recorded and documented error is told by kind, with its wait and whether to ask again',
    () => {
      const recorded = ours().filter(({ status, tags }) => status >= 400 || tags.includes('error-in-200'));
      const documented = listDocumentedErrors(fixtures).filter((id) => id.includes('/anthropic/'));
      const told = [...recorded.map(({ id }) => id), ...documented].map((id) => {
        const { response } = readCase(fixtures, id);
        const text = textOf(response.bytes);
        const failure = text.startsWith('{')
          ? anthropic.classify({
              status: response.status,
              headers: { get: (name) => response.headers[name] },
              body: JSON.parse(text),
              text,
            })
          : readBody(chatCompletions, text).failure;
        expect.soft(failure?.message, id).not.toMatch(/x-api-key|<html/);
        return [id, [failure?.kind, failure?.status, failure?.retryable, failure?.retryAfterMs].join(' ').trim()];
      });
      expect(Object.fromEntries(told)).toMatchInlineSnapshot(`
      {
        "anthropic/error-400--claude-haiku-4-5-20251001-928dec": "context_too_long 400 false",
        "anthropic/error-400--claude-opus-4-6-0ad698": "invalid_input 400 false",
        "anthropic/error-400--claude-sonnet-4-6-6d7cb4": "invalid_input 400 false",
        "anthropic/error-400--claude-sonnet-4-6-98f9a0": "invalid_input 400 false",
        "anthropic/error-400--claude-sonnet-4-6-fcccac": "invalid_input 400 false",
        "anthropic/error-401--claude-haiku-4-5-20251001-f9ca6a": "unauthorized_upstream 502 false",
        "anthropic/error-401--claude-sonnet-4-6-cc5e49": "unauthorized_upstream 502 false",
        "anthropic/error-404--claude-nonexistent-model-for-b938a8": "upstream_model_not_found 404 false",
        "anthropic/error-404--claude-nonexistent-rig-test-999595": "upstream_model_not_found 404 false",
        "anthropic/error-404--claude-sonet-4-5-a6e135": "upstream_model_not_found 404 false",
        "documented-errors/anthropic/error-413-too-large": "invalid_input 413 false",
        "documented-errors/anthropic/error-429-rate-limit": "rate_limited 429 true 41000",
        "documented-errors/anthropic/error-529-overloaded": "overloaded 503 true",
        "documented-errors/anthropic/error-mid-stream-overloaded": "overloaded 503 true",
        "ollama/messages-error-in-200--nomodel-ab5693": "invalid_input 400 false",
      }
    `);
    },
  );
});

// biome-ignore lint/suspicious/noExplicitAny: answers are read the way a client reads them, and asserted.
type Loose = any;

type Event = readonly [data: string, name: string | undefined];

function ours(): CaseLine[] {
  return listCases(fixtures, ({ api }) => api === 'messages');
}

function answers({ stream }: { stream: boolean }): CaseLine[] {
  return ours().filter((line) => line.stream === stream && line.status === 200 && !line.tags.includes('error-in-200'));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function decoded(body: string): Loose {
  return chatCompletions.decode?.(JSON.parse(body), target());
}

interface Said {
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly finish: unknown;
  readonly shown: Loose;
}

const FINISHES: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  refusal: 'content_filter',
};

function expectAnswer(id: string, expected: ExpectedAnswer | undefined, said: Said): void {
  expect.soft(said.content ?? '', id).toBe(expected?.text);
  expect.soft(said.reasoning_content ?? '', id).toBe(expected?.reasoning_text ?? '');
  expect
    .soft(
      said.calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) })),
      id,
    )
    .toEqual(expected?.tool_calls);
  expect.soft(said.finish, id).toBe(FINISHES[expected?.finish_native?.[0] ?? '']);

  const native = expected?.usage_native as Record<string, Loose>;
  const written = native.cache_creation_input_tokens ?? 0;
  const hour = native.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  const reasoning = native.output_tokens_details?.thinking_tokens ?? 0;
  const usage = usageOfAnswer(said.shown) as Usage;
  expect.soft(usage, id).toEqual({
    inputTokens: native.input_tokens,
    cacheReadTokens: native.cache_read_input_tokens ?? 0,
    cacheWriteTokens: written - hour,
    cacheWriteHourTokens: hour,
    outputTokens: native.output_tokens - reasoning,
    reasoningTokens: reasoning,
    audioInputTokens: 0,
    audioOutputTokens: 0,
    estimated: false,
  });
  expect
    .soft([said.shown.prompt_tokens, said.shown.completion_tokens], id)
    .toEqual([totalInputTokens(usage), totalOutputTokens(usage)]);
}

/** What a client makes of chunks. */
function joined(chunks: readonly JsonObject[]): Omit<Said, 'shown'> & { content: string; reasoning_content: string } {
  const choices = chunks.flatMap((chunk: Loose) => chunk.choices);
  const calls: { name: string; arguments: string }[] = [];
  for (const piece of choices.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    calls[piece.index] ??= { name: piece.function.name, arguments: '' };
    (calls[piece.index] as { arguments: string }).arguments += piece.function.arguments;
  }
  const finishes = choices.map((choice) => choice.finish_reason).filter(Boolean);
  return {
    content: choices.map(({ delta }) => delta.content ?? '').join(''),
    reasoning_content: choices.map(({ delta }) => delta.reasoning_content ?? '').join(''),
    calls,
    finish: finishes.length === 1 ? finishes[0] : finishes,
  };
}

/** The message that a client collects from chunks: text is joined, entries of lists are appended. */
function collected(chunks: readonly JsonObject[]): Loose {
  const { content, calls } = joined(chunks);
  const deltas = chunks.flatMap((chunk: Loose) => chunk.choices.map((choice: Loose) => choice.delta));
  const ids = deltas.flatMap((delta) => delta.tool_calls ?? []).flatMap((piece) => (piece.id ? [piece.id] : []));
  const blocks = deltas.flatMap((delta) => delta.provider_specific_fields?.content_blocks ?? []);
  return {
    role: 'assistant',
    content,
    thinking_blocks: deltas.flatMap((delta) => delta.thinking_blocks ?? []),
    tool_calls: calls.map((call, index) => ({ id: ids[index], type: 'function', function: call })),
    ...(blocks.length > 0 ? { provider_specific_fields: { content_blocks: blocks } } : {}),
  };
}

/** The blocks of a streamed answer, put together by hand. */
function blocksOfStream(body: string): Loose[] {
  const blocks: Loose[] = [];
  for (const [data, name] of eventsOf([new TextEncoder().encode(body)])) {
    const event: Loose = name?.startsWith('content_block') ? JSON.parse(data) : {};
    const block = blocks[event.index];
    if (name === 'content_block_start') blocks[event.index] = { ...event.content_block, json: '' };
    if (event.delta?.type === 'text_delta') block.text += event.delta.text;
    if (event.delta?.type === 'thinking_delta') block.thinking += event.delta.thinking;
    if (event.delta?.type === 'signature_delta') block.signature = event.delta.signature;
    if (event.delta?.type === 'citations_delta') block.citations = [...(block.citations ?? []), event.delta.citation];
    if (event.delta?.type === 'input_json_delta') block.json += event.delta.partial_json;
  }
  return blocks.map(({ json, ...block }) => (json === '' ? block : { ...block, input: JSON.parse(json) }));
}

/** Blocks without what says nothing: neighbouring texts are one, and who calls is left out where it is the model itself. */
function asSentBack(blocks: readonly Loose[]): Loose[] {
  const needed = blocks.some(
    (block) =>
      !['text', 'thinking', 'redacted_thinking', 'tool_use'].includes(block.type) || block.citations?.length > 0,
  );
  if (needed) return [...blocks];
  const sent: Loose[] = [];
  for (const { caller: _model, citations: _none, ...block } of blocks) {
    if (block.type === 'thinking' && !block.signature) continue;
    const last = sent.at(-1);
    if (block.type === 'text' && last?.type === 'text') last.text += block.text;
    else if (block.type !== 'text' || block.text.trim() !== '') sent.push({ ...block });
  }
  return sent;
}

/** The events of a body that arrives in these pieces. */
function eventsOf(pieces: readonly Uint8Array[]): Event[] {
  const events: Event[] = [];
  const parser = createParser({ onEvent: ({ data, event }) => void events.push([data, event]) });
  const utf8 = new TextDecoder();
  for (const piece of pieces) parser.feed(utf8.decode(piece, { stream: true }));
  parser.feed(`${utf8.decode()}\n\n`);
  return events;
}

/**
 * Where each event begins and ends, and where the next one ends. A parser that has handed on an event remembers nothing of
 * it, so whether a cut in one event does harm can be seen in that event and the next.
 */
function eventRanges(bytes: Uint8Array): { from: number; end: number; nextEnd: number }[] {
  const ends: number[] = [0];
  for (let at = 1; at < bytes.length; at += 1) if (bytes[at] === 10 && bytes[at - 1] === 10) ends.push(at + 1);
  ends.push(bytes.length);
  return ends.slice(0, -1).map((from, index) => {
    const end = ends[index + 1] as number; // one was pushed behind each
    return { from, end, nextEnd: ends[index + 2] ?? end };
  });
}

function isSame(one: readonly Event[], other: readonly Event[]): boolean {
  return (
    one.length === other.length &&
    one.every(([data, name], index) => data === other[index]?.[0] && name === other[index]?.[1])
  );
}

function donesOf(events: readonly Event[]): number {
  let dones = 0;
  const nothing = () => undefined;
  const out: StreamSink = {
    chunk: nothing,
    usage: nothing,
    produced: nothing,
    done() {
      dones += 1;
    },
    fail: nothing,
    malformed: nothing,
  };
  const decoder = chatCompletions.openStream(target({ stream: true }));
  for (const [data, name] of events) decoder.event(data, name, out);
  decoder.end(out);
  return dones;
}
