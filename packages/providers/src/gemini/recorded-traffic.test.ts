import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { totalInputTokens, totalOutputTokens, type Usage } from '@portico/core';
import { usageOfAnswer } from '@portico/core/provider';
import { type CaseLine, type ExpectedAnswer, listCases, listDocumentedErrors, readCase } from '@portico/testing';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, type Message, readBody, readEvents, target } from '../../test/read-stream.js';
import { gemini, vertex } from '../index.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'index.jsonl'));
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';
const codec = gemini.codecs['chat.completions'] as NonNullable<(typeof gemini.codecs)['chat.completions']>;

describe(`recorded traffic in Google's wire${reason}`, () => {
  it.skipIf(absent)(
    'every whole answer says the same to a client of the chat wire, and costs the same (R-SP-1)',
    () => {
      const cases = answers(({ stream }) => !stream);
      expect(cases.length).toBeGreaterThanOrEqual(118);
      for (const { id } of cases) {
        const { response, expected } = readCase(fixtures, id);
        const answer = decoded(textOf(response.bytes));
        const [{ message, finish_reason: finish }] = answer.choices;
        expectAnswer(id, expected, message, finish, answer.usage);
      }
    },
  );

  it.skipIf(absent)(
    'every stream says the same to a client of the chat wire, and costs the same, events or array (R-STR-1, R-STR-2)',
    () => {
      const cases = answers(({ stream }) => stream);
      expect(cases.length).toBeGreaterThanOrEqual(77);
      for (const { id } of cases) {
        const { response, expected } = readCase(fixtures, id);
        const read = readStream(textOf(response.bytes));
        expect.soft([read.failure, read.malformed, read.dones], id).toEqual([undefined, 0, 1]);
        expect.soft(read.contents[0], `${id} commits with its role`).toBe(false);
        expect.soft(read.usages, id).toHaveLength(1);
        expect.soft(read.usages[0]?.usage, id).toEqual(usageOfAnswer(read.usages[0]?.chunk.usage));
        const { message, finish } = collected(read.chunks);
        expectAnswer(id, expected, message, finish, read.usages[0]?.chunk.usage);
        const fragments = (message.tool_calls ?? []).map((call) => call.function.arguments).join('');
        const said = (message.content ?? '') + (message.reasoning_content ?? '') + fragments;
        expect.soft(read.produced, id).toBe(said.length);
      }
    },
  );

  it.skipIf(absent)(
    'an answer that a client sends back reaches the vendor as it left it, signatures and all (R-XL-1)',
    () => {
      for (const { id, stream } of answers(() => true)) {
        const body = textOf(readCase(fixtures, id).response.bytes);
        const message: Loose = stream ? collected(readStream(body).chunks).message : decoded(body).choices[0].message;
        const results = (message.tool_calls ?? []).map((call: Loose) => ({
          role: 'tool',
          tool_call_id: call.id,
          content: 'x',
        }));
        const messages = [{ role: 'user', content: 'x' }, message, ...results, { role: 'user', content: 'x' }];
        const encoded: Loose = codec.encode({ messages }, target({ model: 'gemini-2.5-flash' }));
        const sent = encoded.contents.find(({ role }: Loose) => role === 'model')?.parts ?? [];
        expect.soft(sent.map(withoutIds), id).toEqual(asSentBack(framesOf(body)).map(withoutIds));
      }
    },
  );

  it.skipIf(absent)(
    'a stream is the same wherever the network cuts it, inside a character too (f43)',
    { timeout: 60_000 },
    () => {
      for (const { id } of events()) {
        const { bytes } = readCase(fixtures, id).response;
        const whole = eventsOf([bytes]);
        let differing = 0;
        for (const { from, end, nextEnd } of eventRanges(bytes)) {
          const range = bytes.subarray(from, nextEnd);
          const uncut = eventsOf([range]);
          for (let at = 1; at <= end - from; at += 1) {
            if (!isSame(eventsOf([range.subarray(0, at), range.subarray(at)]), uncut)) differing += 1;
          }
        }
        for (let at = 0; at <= bytes.length; at += Math.ceil(bytes.length / 50)) {
          if (!isSame(eventsOf([bytes.subarray(0, at), bytes.subarray(at)]), whole)) differing += 1;
        }
        expect.soft(differing, id).toBe(0);
      }
    },
  );

  it.skipIf(absent)('a stream that is cut anywhere before its finish reason is never complete (R-STR-3)', () => {
    for (const { id } of events()) {
      const all = eventsOf([readCase(fixtures, id).response.bytes]);
      const ending = all.findIndex((data) => data.includes('"finishReason"'));
      expect.soft(ending, id).toBeGreaterThanOrEqual(0);
      for (let count = 0; count <= all.length; count += 1) {
        const { dones } = readEvents(codec, all.slice(0, count));
        expect.soft(dones, `${id} after ${count} events`).toBe(count > ending ? 1 : 0);
      }
    }
  });

  it.skipIf(absent)(
    'every recorded and documented error is told by kind, with its wait and whether to ask again',
    () => {
      const recorded = listCases(fixtures, ({ provider }) => provider === 'gemini' || provider === 'vertex')
        .filter(({ status }) => status >= 400)
        .map(({ id }) => id);
      const documented = listDocumentedErrors(fixtures).filter((id) => id.includes('/gemini/'));
      const told = [...recorded, ...documented].map((id) => {
        const { response, provider } = readCase(fixtures, id);
        const text = textOf(response.bytes);
        const failure = (provider === 'vertex' ? vertex : gemini).classify({
          status: response.status,
          headers: { get: (name) => response.headers[name] },
          body: JSON.parse(text),
          text,
        });
        expect.soft(failure.message, id).not.toMatch(/AIza|<html/);
        return [id, [failure.kind, failure.status, failure.retryable, failure.retryAfterMs].join(' ').trim()];
      });
      expect(Object.fromEntries(told)).toMatchInlineSnapshot(`
        {
          "documented-errors/gemini/error-429-retry-info": "rate_limited 429 true 34075",
          "documented-errors/gemini/error-503-unavailable": "overloaded 503 true",
          "gemini/error-400--gemini-2-5-flash-cd1dfd": "unauthorized_upstream 502 false",
          "gemini/error-404--gemini-1-5-flash-1a5136": "upstream_model_not_found 404 false",
          "gemini/error-404--gemini-3-6-flahs-3926e5": "upstream_model_not_found 404 false",
          "gemini/error-404--gemini-nonexistent-model-for-bed70d": "upstream_model_not_found 404 false",
          "gemini/error-404--gemini-nonexistent-rig-test-37640e": "upstream_model_not_found 404 false",
          "gemini/error-404--no-such-embedding-model-5a3d47": "upstream_model_not_found 404 false",
          "gemini/error-429--gemini-2-5-flash-030ec8": "rate_limited 429 true 48000",
          "gemini/error-429--nomodel-67c91b": "rate_limited 429 true 34400",
          "vertex/error-400--gemini-2-5-flash-c91d1b": "context_too_long 400 false",
          "vertex/error-400--gemini-3-flash-preview-a4aca1": "invalid_input 400 false",
          "vertex/error-401--gemini-embedding-001-28ebc5": "unauthorized_upstream 502 false",
          "vertex/error-401--gemini-embedding-001-a0e938": "unauthorized_upstream 502 false",
          "vertex/error-404--gemini-does-not-exist-45bc06": "upstream_model_not_found 404 false",
        }
      `);
    },
  );
});

function answers(which: (line: CaseLine) => boolean): CaseLine[] {
  return listCases(fixtures, (line) => line.api === 'generate' && line.status === 200 && which(line));
}

/** Streams of events; some were recorded as one array. */
function events(): CaseLine[] {
  return answers(({ stream }) => stream).filter(({ id }) => !isArray(textOf(readCase(fixtures, id).response.bytes)));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function isArray(body: string): boolean {
  return body.trimStart().startsWith('[');
}

function decoded(body: string): Loose {
  return codec.decode?.(JSON.parse(body), target());
}

function readStream(body: string) {
  return isArray(body) ? readEvents(codec, [body]) : readBody(codec, body);
}

function framesOf(body: string): Loose[] {
  if (isArray(body)) return JSON.parse(body);
  if (body.trimStart().startsWith('{')) return [JSON.parse(body)];
  return eventsOf([new TextEncoder().encode(body)]).map((data) => JSON.parse(data));
}

const FINISHES: Readonly<Record<string, string>> = {
  STOP: 'stop',
  1: 'stop',
  MAX_TOKENS: 'length',
  2: 'length',
  SAFETY: 'content_filter',
  UNEXPECTED_TOOL_CALL: 'stop',
};

function expectAnswer(id: string, expected: ExpectedAnswer | undefined, said: Message, finish: unknown, shown: Loose) {
  expect.soft(said.content ?? '', id).toBe(expected?.text ?? '');
  expect.soft(said.reasoning_content ?? '', id).toBe(expected?.reasoning_text ?? '');
  const calls = (said.tool_calls ?? []).map((call) => ({
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments),
  }));
  if (expected?.streamed_function_args === undefined) expect.soft(calls, id).toEqual(expected?.tool_calls ?? []);
  const ended = FINISHES[`${expected?.finish_native?.[0]}`];
  expect.soft(finish, id).toBe(ended === 'stop' && calls.length > 0 ? 'tool_calls' : ended);

  const native = expected?.usage_native as Record<string, number>;
  const usage = usageOfAnswer(shown) as Usage;
  const prompt = (native.promptTokenCount ?? 0) + (native.toolUsePromptTokenCount ?? 0);
  expect.soft([totalInputTokens(usage), shown.prompt_tokens], id).toEqual([prompt, prompt]);
  expect.soft(totalInputTokens(usage) + totalOutputTokens(usage), id).toBe(native.totalTokenCount);
  expect.soft(usage.reasoningTokens, id).toBe(native.thoughtsTokenCount ?? 0);
  expect.soft(usage.cacheReadTokens, id).toBe(native.cachedContentTokenCount ?? 0);
}

/** The parts of an answer without what never goes back: thoughts without a signature, and texts of nothing. */
function asSentBack(frames: readonly Loose[]): Loose[] {
  const sent: Loose[] = [];
  for (const part of frames.flatMap((frame) => frame.candidates?.[0]?.content?.parts ?? [])) {
    const last = sent.at(-1);
    if (!part.thoughtSignature && (part.thought || part.text === '')) continue;
    const isPlain = (one: Loose) => one?.text !== undefined && !one.thoughtSignature;
    if (isPlain(part) && isPlain(last)) last.text += part.text;
    else if (part.functionCall?.willContinue || part.functionCall?.partialArgs) sent.push({ ...part, isPartial: true });
    else sent.push({ ...part });
  }
  return sent.some(({ isPartial }) => isPartial) ? [wholeCall(sent)] : sent;
}

/** A call of which every frame brings a piece; its arguments are tested where they are read. */
function wholeCall([first]: readonly Loose[]): Loose {
  return { thoughtSignature: first.thoughtSignature, functionCall: { name: first.functionCall.name } };
}

/** Ids are for models that give them; arguments that came in pieces are tested where they are read. */
function withoutIds({ functionCall, isPartial: _partial, ...part }: Loose): Loose {
  if (functionCall === undefined) return part;
  const { id: _id, args, ...called } = functionCall;
  return { ...part, functionCall: args?.recipe === undefined ? { args, ...called } : called };
}

/** The data of the events of a body that arrives in these pieces. */
function eventsOf(pieces: readonly Uint8Array[]): string[] {
  const found: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => void found.push(data) });
  const utf8 = new TextDecoder();
  for (const piece of pieces) parser.feed(utf8.decode(piece, { stream: true }));
  parser.feed(`${utf8.decode()}\n\n`);
  return found;
}

/**
 * Where each event begins and ends, and where the next one ends. A parser that has handed on an event remembers nothing of
 * it, so whether a cut in one event does harm can be seen in that event and the next.
 */
function eventRanges(bytes: Uint8Array): { from: number; end: number; nextEnd: number }[] {
  const ends: number[] = [0];
  for (let at = 3; at < bytes.length; at += 1) {
    const isBlank = bytes[at] === 10 && (bytes[at - 1] === 10 || (bytes[at - 1] === 13 && bytes[at - 2] === 10));
    if (isBlank) ends.push(at + 1);
  }
  ends.push(bytes.length);
  return ends.slice(0, -1).map((from, index) => {
    const end = ends[index + 1] as number; // one was pushed behind each
    return { from, end, nextEnd: ends[index + 2] ?? end };
  });
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((data, index) => data === other[index]);
}
