import type { ExpectedAnswer } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, type Message, readEvents, target } from '../../test/read-stream.js';
import {
  absent,
  answersOf,
  bodyOf,
  errorsOf,
  framesOf,
  reason,
  survivesChanges,
  survivesChangesWhole,
} from '../../test/recorded.js';
import { chatCompletions } from './chat-completions.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { ollama } from './index.js';

describe(`recorded traffic of Ollama's own API${reason}`, { timeout: 120_000 }, () => {
  it.skipIf(absent)(
    'every whole answer says the same to a client of the chat wire, and costs the same (R-SP-1)',
    () => {
      const cases = answersOf('ollama-chat', false);
      expect(cases.length).toBeGreaterThanOrEqual(11);
      for (const recorded of cases) {
        const answer: Loose = chatCompletions.decode?.(JSON.parse(bodyOf(recorded)), target());
        const [{ message, finish_reason: finish }] = answer.choices;
        expectAnswer(recorded.id, recorded.expected, message, finish, answer.usage);
      }
    },
  );

  it.skipIf(absent)('every stream says the same, and costs the same (R-STR-1, R-STR-2)', () => {
    const cases = answersOf('ollama-chat', true);
    expect(cases.length).toBeGreaterThanOrEqual(8);
    for (const recorded of cases) {
      const read = readEvents(chatCompletions, framesOf(recorded));
      expect.soft([read.failure, read.malformed, read.dones], recorded.id).toEqual([undefined, 0, 1]);
      expect.soft(read.contents[0], `${recorded.id} commits with its role`).toBe(false);
      const { message, finish } = collected(read.chunks);
      expectAnswer(recorded.id, recorded.expected, message, finish, read.usages[0]?.chunk.usage);
    }
  });

  it.skipIf(absent)('every question is asked as it was, when a client of the chat wire asks the same (R-XL-4)', () => {
    for (const recorded of [...answersOf('ollama-chat', false), ...answersOf('ollama-chat', true)]) {
      const asked = recorded.request.body as Loose;
      const told = chatCompletions.encode(chatOf(asked), target({ model: asked.model, stream: recorded.stream }));
      expect.soft(plain(told), recorded.id).toEqual(plain({ ...asked, stream: recorded.stream }));
    }
  });

  it.skipIf(absent)('a stream is the same wherever the network cuts it, inside a character too (f43)', () => {
    for (const { id, response } of [...answersOf('ollama-chat', true), ...answersOf('ollama-generate', true)]) {
      const { bytes } = response;
      const whole = linesOf([bytes]);
      expect.soft(linesOf(Array.from(bytes, (byte) => Uint8Array.of(byte))), id).toEqual(whole);
      for (let at = 1; at < bytes.length; at += 7) {
        const cut = linesOf([bytes.subarray(0, at), bytes.subarray(at)]);
        if (cut.join('\n') !== whole.join('\n')) expect.soft(cut, `${id} at ${at}`).toEqual(whole);
      }
    }
  });

  it.skipIf(absent)('a stream that is cut anywhere before its last line is never complete (R-STR-3)', () => {
    for (const recorded of answersOf('ollama-chat', true)) {
      const lines = framesOf(recorded);
      for (let count = 0; count <= lines.length; count += 1) {
        const { dones } = readEvents(chatCompletions, lines.slice(0, count));
        expect.soft(dones, `${recorded.id} after ${count} lines`).toBe(count === lines.length ? 1 : 0);
      }
    }
  });

  it.skipIf(absent)('changed answers end in an answer or in a clean failure, streamed or not', () => {
    const chats = [...answersOf('ollama-chat', false), ...answersOf('ollama-chat', true)].map(framesOf);
    const ends = survivesChanges(chatCompletions, chats);
    expect([...ends]).toEqual(expect.arrayContaining(['1 done', '0 done', 'an answer', 'upstream_error']));
    const texts = [...answersOf('ollama-generate', false), ...answersOf('ollama-generate', true)].map(framesOf);
    survivesChanges(completions, texts);
    survivesChangesWhole(embeddings, [{ model: 'm', embeddings: [[0.1, 0.2]], prompt_eval_count: 3 }], { input: 'x' });
  });

  it.skipIf(absent)('every recorded error is told by kind', () => {
    expect(errorsOf(ollama)).toMatchInlineSnapshot(`
      {
        "ollama/error-400--gpt-oss-120b-c29180": "context_too_long 400 false",
        "ollama/error-401--gpt-oss-120b-e9cdbb": "unauthorized_upstream 502 false",
        "ollama/error-404--nonexistent-model-latest-573f7b": "upstream_model_not_found 404 false",
      }
    `);
  });
});

function linesOf(pieces: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const feed = chatCompletions.framing?.open((line) => void lines.push(line));
  for (const piece of pieces) feed?.(piece);
  return lines;
}

function expectAnswer(id: string, expected: ExpectedAnswer | undefined, said: Message, finish: unknown, shown: Loose) {
  expect.soft(said.content ?? '', id).toBe(expected?.text ?? '');
  expect.soft(said.reasoning_content ?? '', id).toBe(expected?.reasoning_text ?? '');
  const calls = (said.tool_calls ?? []).map(({ function: { name, arguments: args } }) => ({
    name,
    arguments: JSON.parse(args),
  }));
  expect.soft(calls, id).toEqual(expected?.tool_calls ?? []);
  expect.soft(new Set(said.tool_calls?.map((call: Loose) => call.id)).size, id).toBe(calls.length);
  const ended = expected?.finish_native?.[0];
  expect.soft(finish, id).toBe(ended === 'stop' && calls.length > 0 ? 'tool_calls' : ended);
  const { prompt_eval_count: input, eval_count: output } = (expected?.usage_native ?? {}) as Record<string, number>;
  expect.soft([shown.prompt_tokens, shown.completion_tokens], id).toEqual([input, output]);
}

/** The recorded question as a client of the chat wire puts it. */
function chatOf({ messages, options, think, format, ...rest }: Loose): Loose {
  const { num_predict: bound, ...sampling } = options ?? {};
  return {
    ...rest,
    ...sampling,
    ...(bound !== undefined && { max_tokens: bound }),
    ...(think !== undefined && { reasoning_effort: think ? 'medium' : 'none' }),
    ...(format && { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: format } } }),
    messages: messages.map(
      ({ thinking, tool_calls: calls, tool_name: _name, images, ...message }: Loose, index: number) => ({
        ...message,
        ...(images && {
          content: [
            { type: 'text', text: message.content },
            ...images.map((data: string) => ({
              type: 'image_url',
              image_url: { url: `data:image/png;base64,${data}` },
            })),
          ],
        }),
        ...(thinking && { reasoning_content: thinking }),
        ...(calls && {
          tool_calls: calls.map(({ function: called, id }: Loose, at: number) => ({
            id: id ?? `${index}-${at}`,
            type: 'function',
            function: { name: called.name, arguments: JSON.stringify(called.arguments) },
          })),
        }),
      }),
    ),
  };
}

/** Without what may be written in two ways or left out: calls' places and ids, options of nothing, results' names. */
function plain({ messages, tools, options, format, keep_alive: _keep, ...rest }: Loose): Loose {
  return {
    ...rest,
    ...(format && { format }),
    ...(options && Object.keys(options).length > 0 && { options }),
    ...(tools?.length > 0 && { tools: tools.map(({ function: declared }: Loose) => declared) }),
    messages: messages.map(
      ({ tool_calls: calls, tool_name: _name, tool_call_id: _id, images, content, ...message }: Loose) => ({
        ...message,
        content: content ?? '',
        ...(images?.length > 0 && { images }),
        ...(calls?.length > 0 && {
          tool_calls: calls.map(({ function: called }: Loose) => ({ name: called.name, arguments: called.arguments })),
        }),
      }),
    ),
  };
}
