import type { JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { EXCEPTION } from './event-stream-framing.js';
import { bedrock } from './index.js';

const codec = bedrock.codecs['chat.completions'] as Codec;
const START = ['messageStart', { role: 'assistant' }] as const;
const END = [
  ['messageStop', { stopReason: 'end_turn' }],
  ['metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }],
] as const;
const delta = (piece: JsonObject, contentBlockIndex = 0) => ['contentBlockDelta', { contentBlockIndex, delta: piece }];
const stop = (contentBlockIndex = 0) => ['contentBlockStop', { contentBlockIndex }];

describe('a stream of Converse', () => {
  it('tells citations, which come back as they were', () => {
    const cited = {
      title: 'Facts',
      location: { web: { url: 'https://a.example/facts' } },
      sourceContent: [{ text: 'x' }],
    };
    const { message } = read(START, delta({ text: 'So it is.' }), delta({ citation: cited }), stop(), ...END);
    expect(message).toMatchObject({
      content: 'So it is.',
      annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example/facts', title: 'Facts' } }],
    });
    expect(sentBack(message)).toEqual([{ citationsContent: { content: [{ text: 'So it is.' }], citations: [cited] } }]);
  });

  it('tells what the vendor did by itself, which comes back as it was', () => {
    const run = { toolUseId: 't1', name: 'nova_code_interpreter', type: 'server_tool_use' };
    const result = { toolUseId: 't1', status: 'success', type: 'nova_code_interpreter_result' };
    const { message, finish } = read(
      START,
      ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: run } }],
      delta({ toolUse: { input: '{"snippet":' } }),
      delta({ toolUse: { input: '"1+1"}' } }),
      stop(),
      ['contentBlockStart', { contentBlockIndex: 1, start: { toolResult: result } }],
      delta({ toolResult: [{ json: { out: '2' } }] }, 1),
      stop(1),
      delta({ text: 'Two.' }, 2),
      stop(2),
      ...END,
    );
    expect([message.content, message.tool_calls, finish]).toEqual(['Two.', undefined, 'stop']);
    expect(sentBack(message)).toEqual([
      { toolUse: { ...run, input: { snippet: '1+1' } } },
      { toolResult: { ...result, content: [{ json: { out: '2' } }] } },
      { text: 'Two.' },
    ]);
  });

  it('tells a picture that comes in pieces', () => {
    const { message } = read(
      START,
      ['contentBlockStart', { contentBlockIndex: 0, start: { image: { format: 'png' } } }],
      delta({ image: { source: { bytes: 'AAAA' } } }),
      stop(),
      ...END,
    );
    expect(sentBack(message)).toEqual([{ image: { format: 'png', source: { bytes: 'AAAA' } } }]);
  });

  it('joins thinking that was redacted in pieces, and a signature', () => {
    const whole = btoa('EtkECkgIBxABGAIq');
    const { message } = read(
      START,
      delta({ reasoningContent: { text: 'Hm.' } }),
      delta({ reasoningContent: { signature: 'c2' } }),
      delta({ reasoningContent: { signature: 'ln' } }),
      stop(),
      delta({ reasoningContent: { redactedContent: whole.slice(0, 8) } }, 1),
      delta({ reasoningContent: { redactedContent: whole.slice(8) } }, 1),
      stop(1),
      delta({ text: 'Hi.' }, 2),
      stop(2),
      ...END,
    );
    expect(message.thinking_blocks).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'EtkECkgIBxABGAIq' },
    ]);
  });

  it('begins without its beginning, and ends where what was used got lost', () => {
    const { message, usages, dones } = read(delta({ text: 'Hi.' }), stop(), END[0]);
    expect([message.content, usages, dones]).toEqual(['Hi.', [], 1]);
  });

  it('may tell what was used before why it ended', () => {
    const { message, usages, dones, malformed } = read(START, delta({ text: 'Hi.' }), stop(), END[1], END[0]);
    expect([message.content, usages[0]?.usage.outputTokens, dones, malformed]).toEqual(['Hi.', 2, 1, 0]);
  });

  it('says what a guardrail found, and what the client asked the model to say besides', () => {
    const trace = { guardrail: { inputAssessment: {} } };
    const additionalModelResponseFields = { stop_sequence: 'X' };
    const { chunks, finish } = read(
      START,
      delta({ text: 'No.' }),
      stop(),
      ['messageStop', { stopReason: 'guardrail_intervened', additionalModelResponseFields }],
      ['metadata', { trace }],
    );
    expect(finish).toBe('content_filter');
    expect((chunks.at(-1) as Loose).choices[0].provider_specific_fields).toEqual({
      stop_reason: 'guardrail_intervened',
      trace,
      additionalModelResponseFields,
    });
  });

  it.each([
    ['throttlingException', 'rate_limited'],
    ['modelStreamErrorException', 'upstream_error'],
    ['serviceUnavailableException', 'overloaded'],
    ['internalServerException', 'upstream_error'],
    ['modelTimeoutException', 'timeout'],
    ['validationException', 'invalid_input'],
  ])('ends with %s as the failure it is, and hears nothing more', (type, kind) => {
    const { failure, dones } = read(
      START,
      delta({ text: 'Hi' }),
      [EXCEPTION, { __type: type, message: 'Oh no.' }],
      [EXCEPTION, { __type: 'throttlingException' }],
      ...END,
    );
    expect([failure?.kind, dones]).toEqual([kind, 0]);
  });

  it('fails where a call lost a part of its input (f41), and where nothing can be read', () => {
    const call = ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't', name: 'look' } } }];
    const lost = read(
      START,
      call,
      delta({ toolUse: { input: '{"a"' } }),
      ['contentBlockDelta', 'oops'],
      stop(),
      ...END,
    );
    expect([lost.failure?.kind, lost.dones]).toEqual(['upstream_error', 0]);
    const nothing = read(START, ['messageStop', { stopReason: 'malformed_tool_use' }], END[1]);
    expect(nothing.failure).toMatchObject({ kind: 'upstream_error', retryable: true });
    const answer = { output: { message: { content: [] } }, stopReason: 'malformed_model_output' };
    expect(() => codec.decode?.(answer, target())).toThrow('cannot be read');
    expect(() => codec.decode?.({}, target())).toThrow('not a message');
  });

  it('is nothing to others that were not there: Claude’s own wire is told such an answer anew', () => {
    const cited = { title: 'Facts', sourceContent: [{ text: 'x' }] };
    const { message } = read(START, delta({ text: 'So.' }), delta({ citation: cited }), stop(), ...END);
    const messages = [{ role: 'user', content: 'x' }, message, { role: 'user', content: 'x' }];
    const encoded: Loose = codec.encode({ messages }, target({ model: 'invoke/anthropic.claude-sonnet-4-5' }));
    expect(encoded.messages[1].content).toEqual([{ type: 'text', text: 'So.' }]);
  });
});

/** What a client collects, blocks that come one after the other as a list. */
function read(...events: readonly unknown[]) {
  const stream = readEvents(codec, events);
  const { message, finish } = collected(stream.chunks);
  const blocks = stream.chunks.flatMap((chunk: Loose) => {
    return chunk.choices.flatMap((choice: Loose) => choice.delta.provider_specific_fields?.content_blocks ?? []);
  });
  const fields = blocks.length > 0 ? { provider_specific_fields: { content_blocks: blocks } } : {};
  return { ...stream, finish, message: { ...message, ...fields } as Loose };
}

/** What an assistant's message becomes when a client sends it back. */
function sentBack(message: Loose): unknown {
  const messages = [{ role: 'user', content: 'x' }, message, { role: 'user', content: 'x' }];
  const encoded: Loose = codec.encode({ messages }, target({ model: 'us.amazon.nova-2-lite-v1:0' }));
  return encoded.messages[1].content;
}
