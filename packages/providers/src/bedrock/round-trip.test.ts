import type { JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { RUNS } from '../../test/recorded.js';
import { bedrock } from './index.js';

const codec = bedrock.codecs['chat.completions'] as Codec;
const MODELS = [
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'amazon.nova-pro-v1:0',
  'meta.llama3-3-70b-instruct-v1:0',
  'mistral.mistral-large-2402-v1:0',
  'qwen.qwen3-32b-v1:0',
  'openai.gpt-oss-120b-1:0',
];

describe('a chat told in Converse and told back', { timeout: 60_000 }, () => {
  it('holds every text, every call and every result, in their order, whichever model it is for', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom(...MODELS), (messages, model) => {
        const encoded: Loose = codec.encode({ messages }, target({ model }));
        const answered = new Map<string, string>();
        expect(saidIn(encoded, answered)).toEqual(saidBy(messages));
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps to what Converse demands: roles that alternate, a user first, no empty turn, every call answered', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom(...MODELS), (messages, model) => {
        const encoded: Loose = codec.encode({ messages }, target({ model }));
        const roles = encoded.messages.map(({ role }: Loose) => role);
        expect(roles).toEqual(roles.map((_: string, index: number) => (index % 2 === 0 ? 'user' : 'assistant')));
        const ids = new Set<string>();
        let open: string[] = [];
        for (const { role, content } of encoded.messages) {
          expect(content.length).toBeGreaterThan(0);
          const results = content.filter((block: Loose) => block.toolResult).map((block: Loose) => block.toolResult);
          if (role === 'user')
            expect(results.map(({ toolUseId }: Loose) => toolUseId).sort()).toEqual([...open].sort());
          const calls = content.filter((block: Loose) => block.toolUse).map((block: Loose) => block.toolUse.toolUseId);
          for (const id of calls) {
            expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
            expect(ids.has(id)).toBe(false);
            ids.add(id);
          }
          open = calls;
          for (const block of content) if ('text' in block) expect(block.text.trim()).not.toBe('');
        }
        expect(Boolean(encoded.toolConfig)).toBe(ids.size > 0);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same answer whole and in a stream of any pieces', () => {
    fc.assert(
      fc.property(answer, fc.integer({ min: 1, max: 9 }), (blocks, size) => {
        const usage = { inputTokens: 7, outputTokens: 9, totalTokens: 16 };
        const stopReason = blocks.some((block) => 'toolUse' in block) ? 'tool_use' : 'end_turn';
        const whole: Loose = codec.decode?.(
          { output: { message: { role: 'assistant', content: blocks } }, stopReason, usage },
          target(),
        );
        const read = readEvents(codec, [
          ['messageStart', { role: 'assistant' }],
          ...blocks.flatMap((block, index) => eventsOfBlock(block, index, size)),
          ['messageStop', { stopReason }],
          ['metadata', { usage }],
        ]);
        expect([read.failure, read.malformed, read.dones]).toEqual([undefined, 0, 1]);
        const { message, finish } = collected(read.chunks);
        const [choice] = whole.choices;
        expect(finish).toBe(choice.finish_reason);
        expect(message.content ?? '').toBe(choice.message.content ?? '');
        expect(message.reasoning_content).toBe(choice.message.reasoning_content);
        expect(message.thinking_blocks).toEqual(choice.message.thinking_blocks);
        expect((message.tool_calls ?? []).map(spelled)).toEqual((choice.message.tool_calls ?? []).map(spelled));
        expect(read.usages[0]?.chunk.usage).toEqual(whole.usage);
      }),
      { numRuns: RUNS },
    );
  });
});

const words = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '' && text !== '.');
const id = fc.oneof(fc.string({ maxLength: 80 }), fc.constantFrom('call_1', 'tooluse_Ab-1', 'x'.repeat(70)));
const call = fc.record({
  id,
  name: fc.constantFrom('look', 'find_it'),
  input: fc.dictionary(fc.string(), fc.integer()),
});

/** An exchange: what the user says, what the assistant says, and the calls it makes, each with a result. */
const exchange = fc.record({
  user: fc.array(words, { maxLength: 2 }),
  assistant: fc.option(words, { nil: null }),
  calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id: one }) => one }),
  results: fc.array(words, { minLength: 3, maxLength: 3 }),
});

const conversation = fc.array(exchange, { minLength: 1, maxLength: 4 }).map((exchanges) => [
  ...exchanges.flatMap(({ user, assistant, calls, results }): JsonObject[] => [
    ...user.map((content) => ({ role: 'user', content })),
    {
      role: 'assistant',
      content: assistant,
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id: one, name, input }) => ({
          id: one,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        })),
      }),
    },
    ...calls.map(({ id: one }, index) => ({ role: 'tool', tool_call_id: one, content: results[index] })),
  ]),
  { role: 'user', content: 'Go on.' },
]);

/** Everything that was said, as one line each. */
function saidBy(messages: readonly Loose[]): string[] {
  return messages.flatMap(({ role, content, tool_calls: calls }) => [
    ...(content ? [`${role === 'tool' ? 'result' : role}: ${content}`] : []),
    ...(calls ?? []).map((one: Loose) => `call: ${one.function.name} ${one.function.arguments}`),
  ]);
}

function saidIn(encoded: Loose, answered: Map<string, string>): string[] {
  return encoded.messages.flatMap(({ role, content }: Loose) =>
    content.flatMap((block: Loose) => {
      // What the wire demands where the client says nothing.
      if (block.text === '.') return [];
      if (block.text !== undefined) return [`${role}: ${block.text}`];
      if (block.toolUse) {
        answered.set(block.toolUse.toolUseId, block.toolUse.name);
        return [`call: ${block.toolUse.name} ${JSON.stringify(block.toolUse.input)}`];
      }
      expect(answered.has(block.toolResult.toolUseId)).toBe(true);
      const [told] = block.toolResult.content;
      return [`result: ${told.text ?? told.json.result ?? JSON.stringify(told.json)}`];
    }),
  );
}

type Block = Readonly<Record<string, Loose>>;

/** Blocks in the order in which a model gives them, which is also the order of a chat message. */
const answer: fc.Arbitrary<Block[]> = fc
  .tuple(
    fc.option(fc.record({ text: words, signature: fc.option(words, { nil: undefined }) }), { nil: undefined }),
    fc.array(words, { maxLength: 2 }),
    fc.array(call, { maxLength: 2 }),
  )
  .map(([thought, texts, calls]) => [
    ...(thought === undefined ? [] : [{ reasoningContent: { reasoningText: JSON.parse(JSON.stringify(thought)) } }]),
    ...texts.map((text) => ({ text })),
    ...calls.map(({ id: toolUseId, name, input }) => ({ toolUse: { toolUseId, name, input } })),
  ]);

function eventsOfBlock(block: Block, contentBlockIndex: number, size: number): [string, JsonObject][] {
  const delta = (piece: JsonObject): [string, JsonObject] => ['contentBlockDelta', { contentBlockIndex, delta: piece }];
  const stop: [string, JsonObject] = ['contentBlockStop', { contentBlockIndex }];
  if (block.text !== undefined) return [...pieces(block.text, size).map((text) => delta({ text })), stop];
  if (block.toolUse) {
    const { input, ...toolUse } = block.toolUse;
    return [
      ['contentBlockStart', { contentBlockIndex, start: { toolUse } }],
      ...pieces(JSON.stringify(input), size).map((json) => delta({ toolUse: { input: json } })),
      stop,
    ];
  }
  const { text, signature } = block.reasoningContent.reasoningText;
  return [
    ...pieces(text, size).map((one) => delta({ reasoningContent: { text: one } })),
    ...(signature === undefined
      ? []
      : pieces(signature, size).map((one) => delta({ reasoningContent: { signature: one } }))),
    stop,
  ];
}

function pieces(text: string, size: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += size) found.push(text.slice(at, at + size));
  return found;
}

function spelled({ id: one, function: called }: Loose): Loose {
  return { id: one, name: called.name, input: JSON.parse(called.arguments) };
}
