import { totalInputTokens, totalOutputTokens } from '@portico/core';
import { usageOfAnswer } from '@portico/core/provider';
import type { ExpectedAnswer } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, type Message, readBody, target } from '../../test/read-stream.js';
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
import { embeddings } from './embeddings.js';
import { cohere } from './index.js';

describe(`recorded traffic of Cohere's second API${reason}`, { timeout: 120_000 }, () => {
  it.skipIf(absent)(
    'every whole answer says the same to a client of the chat wire, and costs the same (R-SP-1)',
    () => {
      const cases = answersOf('chat2', false);
      expect(cases.length).toBeGreaterThanOrEqual(16);
      for (const recorded of cases) {
        const answer: Loose = chatCompletions.decode?.(JSON.parse(bodyOf(recorded)), target());
        const [{ message, finish_reason: finish }] = answer.choices;
        expectAnswer(recorded.id, recorded.expected, message, finish, answer.usage);
      }
    },
  );

  it.skipIf(absent)('every stream says the same, and costs the same (R-STR-1, R-STR-2)', () => {
    const cases = answersOf('chat2', true);
    expect(cases.length).toBeGreaterThanOrEqual(9);
    for (const recorded of cases) {
      const read = readBody(chatCompletions, bodyOf(recorded));
      expect.soft([read.failure, read.malformed, read.dones], recorded.id).toEqual([undefined, 0, 1]);
      expect.soft(read.contents[0], `${recorded.id} commits with its role`).toBe(false);
      const { message, finish } = collected(read.chunks);
      expectAnswer(recorded.id, recorded.expected, message, finish, read.usages[0]?.chunk.usage);
    }
  });

  it.skipIf(absent)('every question is asked as it was, when a client of the chat wire asks the same (R-XL-4)', () => {
    for (const recorded of [...answersOf('chat2', false), ...answersOf('chat2', true)]) {
      const asked = recorded.request.body as Loose;
      const told = chatCompletions.encode(
        chatOf(asked),
        target({ model: asked.model, stream: recorded.stream, dropUnsupported: true }),
      );
      expect.soft(plain(told), recorded.id).toEqual(plain({ ...asked, stream: recorded.stream }));
    }
  });

  it.skipIf(absent)('every embedding comes back as it was', () => {
    for (const recorded of answersOf('embed2', false)) {
      const answer = JSON.parse(bodyOf(recorded));
      const { texts, ...asked } = recorded.request.body as Loose;
      const request = { ...asked, input: texts };
      expect.soft(embeddings.encode(request, target({ model: asked.model })), recorded.id).toEqual({
        embedding_types: ['float'],
        ...asked,
        texts,
      });
      const told: Loose = embeddings.decode?.(answer, target(), request);
      expect
        .soft(
          told.data.map((one: Loose) => one.embedding),
          recorded.id,
        )
        .toEqual(answer.embeddings.float);
      expect.soft(told.usage.prompt_tokens, recorded.id).toBe(answer.meta.billed_units.input_tokens);
    }
  });

  it.skipIf(absent)('changed answers end in an answer or in a clean failure, streamed or not', () => {
    const bodies = [...answersOf('chat2', false), ...answersOf('chat2', true)].map(framesOf);
    const answers = survivesChanges(chatCompletions, bodies);
    expect([...answers]).toEqual(expect.arrayContaining(['1 done', '0 done', 'an answer', 'upstream_error']));
    const vectors = answersOf('embed2', false).map((recorded) => JSON.parse(bodyOf(recorded)));
    survivesChangesWhole(embeddings, vectors, { input: 'x' });
  });

  it.skipIf(absent)('every recorded error is told by kind', () => {
    expect(errorsOf(cohere)).toMatchInlineSnapshot(`
      {
        "cohere/error-400--command-a-03-2025-6f17ed": "context_too_long 400 false",
        "cohere/error-401--command-a-03-2025-5b382c": "unauthorized_upstream 502 false",
        "cohere/error-404--nonexistent-2e1016": "upstream_model_not_found 404 false",
      }
    `);
  });
});

function expectAnswer(id: string, expected: ExpectedAnswer | undefined, said: Message, finish: unknown, shown: Loose) {
  expect.soft(said.content ?? '', id).toBe(expected?.text ?? '');
  if (expected?.reasoning_text) expect.soft(said.reasoning_content, id).toBe(expected.reasoning_text);
  const calls = (said.tool_calls ?? []).map(({ function: { name, arguments: args } }) => ({
    name,
    arguments: JSON.parse(args),
  }));
  expect.soft(calls, id).toEqual(expected?.tool_calls ?? []);
  expect.soft(finish, id).toBe(FINISHES[`${expected?.finish_native?.[0]}`]);
  const { tokens, cached_tokens: cached = 0 } = (expected?.usage_native ?? {}) as Loose;
  const usage = usageOfAnswer(shown);
  if (usage === undefined) throw new Error(`${id} tells no usage`);
  expect.soft(totalInputTokens(usage), id).toBe(tokens.input_tokens + (tokens.image_tokens ?? 0));
  expect.soft(totalOutputTokens(usage), id).toBe(tokens.output_tokens);
  expect.soft([usage.cacheReadTokens, usage.reasoningTokens], id).toEqual([cached, tokens.reasoning_tokens ?? 0]);
}

const FINISHES: Readonly<Record<string, string>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool_calls',
};

/** The recorded question as a client of the chat wire puts it. */
function chatOf({
  messages,
  stop_sequences: stop,
  p,
  k,
  tool_choice: choice,
  response_format: format,
  ...rest
}: Loose) {
  return {
    ...rest,
    messages: messages.map(({ tool_plan: plan, content, ...message }: Loose) => {
      const thought = Array.isArray(content) ? content.find((part: Loose) => part.type === 'thinking') : undefined;
      const reasoning = thought?.thinking ?? plan;
      const parts = thought === undefined ? content : content.filter((part: Loose) => part !== thought);
      return {
        ...message,
        content: parts ?? null,
        ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      };
    }),
    ...(stop && { stop }),
    ...(p !== undefined && { top_p: p }),
    ...(k !== undefined && { top_k: k }),
    ...(choice && { tool_choice: choice.toLowerCase() }),
    ...(format && {
      response_format: format.json_schema
        ? { type: 'json_schema', json_schema: { name: 'x', schema: format.json_schema } }
        : format,
    }),
  };
}

/** Without what may be written in two ways: lists of one text and that text, empty texts beside calls, lists of nothing. */
function plain({ messages, tools, tool_choice: choice, documents, ...rest }: Loose): Loose {
  return {
    ...rest,
    ...(documents?.length > 0 && { documents }),
    ...(tools && {
      tool_choice: choice,
      tools: tools.map(({ function: { strict: _, ...declared } }: Loose) => ({ type: 'function', function: declared })),
    }),
    messages: messages.map(({ content, ...message }: Loose) => {
      const parts: Loose[] = Array.isArray(content) ? content : [{ type: 'text', text: content ?? '' }];
      const filled = parts.filter(({ text }) => text !== '');
      return { ...message, ...(filled.length > 0 && { content: filled }) };
    }),
  };
}
