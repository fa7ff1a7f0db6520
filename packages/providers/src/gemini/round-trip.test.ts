import type { JsonObject } from '@portico/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversation, TOOL, words } from '../../test/conversations.js';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { RUNS } from '../../test/recorded.js';
import { gemini } from './index.js';

const codec = gemini.codecs['chat.completions'] as NonNullable<(typeof gemini.codecs)['chat.completions']>;
const MODELS = ['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-3-flash-preview'];

describe('a conversation of the chat wire, told to Gemini and read back', { timeout: 120_000 }, () => {
  it('keeps its roles, their order, every text, and which result belongs to which call (R-XL-3)', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom(...MODELS), (messages, model) => {
        const body = codec.encode({ messages, tools: [TOOL] }, target({ model }));
        expect(readBack(body)).toEqual(told(messages));
        const roles = (body.contents as Turn[]).map(({ role }) => role);
        expect(roles[0]).toBe('user');
        expect(roles.every((role, index) => role !== roles[index + 1])).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('brings every answer back as it was: parts, their order and their signatures, streamed or not (R-XL-1)', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), (parts, size) => {
        const answer = { candidates: [{ content: { parts }, finishReason: 'STOP' }], responseId: 'r' };
        const whole: Loose = codec.decode?.(structuredClone(answer), target());
        const frames = Array.from({ length: Math.ceil(parts.length / size) }, (_, index) => ({
          candidates: [{ content: { parts: parts.slice(index * size, (index + 1) * size) } }],
          responseId: 'r',
        }));
        const read = readEvents(codec, [...frames, { candidates: [{ finishReason: 'STOP' }] }]);
        for (const message of [whole.choices[0].message, collected(read.chunks).message]) {
          expect(sentBack(message)).toEqual(asSent(parts));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is sent without a call that has no signature, to models that refuse those', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const body = codec.encode({ messages, tools: [TOOL] }, target({ model: 'gemini-3-pro-preview' }));
        for (const { parts } of body.contents as Turn[]) {
          const first = parts.find(({ functionCall }) => functionCall !== undefined);
          if (first !== undefined) expect(first.thoughtSignature).toEqual(expect.any(String));
        }
      }),
      { numRuns: 200 },
    );
  });
});

interface Turn {
  readonly role: string;
  readonly parts: JsonObject[];
}

const signature = fc.base64String({ minLength: 4, maxLength: 12 });
const signed = fc.option(signature, { nil: undefined });
const part: fc.Arbitrary<JsonObject> = fc
  .record({
    thoughtSignature: signed,
    own: fc.oneof(
      fc.record({ text: fc.string({ maxLength: 8 }) }),
      fc.record({ text: words, thought: fc.constant(true) }),
      fc.record({ functionCall: fc.record({ name: fc.constantFrom('f', 'g'), args: fc.dictionary(words, words) }) }),
      fc.record({ executableCode: fc.record({ code: words }) }),
      fc.record({ inlineData: fc.record({ mimeType: fc.constant('image/png'), data: fc.constant('aW1n') }) }),
    ),
  })
  .map(({ own, thoughtSignature }) => ({ ...own, ...(thoughtSignature ? { thoughtSignature } : {}) }));

/** What is said, in order: instructions first, as the wire has them apart. Calls and results are told by their calls' place. */
function told(messages: readonly JsonObject[]): unknown[] {
  const instructions: unknown[] = [];
  const rest: unknown[] = [];
  let turn: unknown[] = [];
  const results: [number, unknown][] = [];
  const places = new Map<unknown, number>();
  let calls = 0;
  const close = () => {
    rest.push(
      ...results
        .splice(0)
        .sort(([one], [other]) => one - other)
        .map(([place, content]) => ['result', place, content]),
    );
    rest.push(...turn);
    turn = [];
  };
  for (const { role, content, tool_calls: made, tool_call_id: id } of messages) {
    const texts = typeof content === 'string' ? [content] : ((content ?? []) as JsonObject[]).map(({ text }) => text);
    if (role === 'system' || role === 'developer') instructions.push(...texts.map((text) => ['system', text]));
    else if (role === 'tool') results.push([places.get(id) as number, content]);
    else if (role === 'user') turn.push(...texts.map((text) => ['user', text]));
    else {
      close();
      rest.push(...texts.map((text) => ['model', text]));
    }
    for (const call of (made ?? []) as { id: string; function: { arguments: string } }[]) {
      places.set(call.id, calls);
      rest.push(['call', calls, JSON.parse(call.function.arguments)]);
      calls += 1;
    }
  }
  close();
  return [...instructions, ...rest];
}

/** Results stand in the order of their calls, and belong to those of the turn before. */
function readBack(body: JsonObject): unknown[] {
  const { parts: instructions = [] } = (body.systemInstruction ?? {}) as { parts?: JsonObject[] };
  let calls = 0;
  let answered = 0;
  const rest = (body.contents as Turn[]).flatMap(({ role, parts }) =>
    parts.map((one) => {
      if (typeof one.text === 'string') return [role, one.text];
      const { functionCall, functionResponse } = one as Loose;
      if (functionResponse === undefined) {
        calls += 1;
        return ['call', calls - 1, functionCall.args];
      }
      answered += 1;
      return ['result', answered - 1, functionResponse.response.result];
    }),
  );
  expect(answered).toBe(calls);
  return [...instructions.map(({ text }) => ['system', text]), ...rest];
}

/** The parts of an answer after a client sent it back. */
function sentBack(message: Loose): Loose[] {
  const results = (message.tool_calls ?? []).map((call: Loose) => ({
    role: 'tool',
    tool_call_id: call.id,
    content: 'x',
  }));
  const messages = [{ role: 'user', content: 'x' }, message, ...results];
  const body: Loose = codec.encode({ messages }, target({ model: 'gemini-2.5-flash' }));
  return body.contents.find(({ role }: Turn) => role === 'model')?.parts ?? [];
}

/** Without what never goes back, and neighbouring texts without a signature as one: these are one part in pieces. */
function asSent(parts: readonly Loose[]): Loose[] {
  const sent: Loose[] = [];
  for (const one of parts) {
    const last = sent.at(-1);
    const isPlain = (it: Loose) => it?.text !== undefined && it.thoughtSignature === undefined;
    if (isPlain(one) && (one.thought || one.text === '')) continue;
    if (isPlain(one) && isPlain(last)) last.text += one.text;
    else sent.push({ ...one });
  }
  return sent;
}
