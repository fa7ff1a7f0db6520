import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkTemplate } from './chunk-template.js';

function chunk(content: unknown, more: object = {}, choiceMore: object = {}): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    model: 'm',
    choices: [{ index: 0, delta: { content, ...more }, logprobs: null, finish_reason: null, ...choiceMore }],
    usage: null,
  });
}

const bytes = (data: string) => new TextEncoder().encode(`data: ${data}\n\n`);

function learnt(...chunks: readonly string[]): ChunkTemplate {
  const template = new ChunkTemplate('delta');
  for (const data of chunks)
    template.learn(data, (JSON.parse(data) as { choices: [Record<string, unknown>] }).choices[0]);
  return template;
}

describe('a chunk template', () => {
  it('knows a chunk that differs in its text alone', () => {
    expect(learnt(chunk('Hello')).charactersOf(bytes(chunk(' world')))).toBe(6);
    expect(learnt(chunk('Hello').replace('"content":', '"content": ')).charactersOf(bytes(chunk('x')))).toBe(0);
  });

  it('knows none that differs in anything else', () => {
    const template = learnt(chunk('Hello'));
    for (const other of [
      chunk('x', { tool_calls: [{ index: 0 }] }),
      chunk('x', {}, { finish_reason: 'stop' }),
      chunk('x').replace('"usage":null', '"usage":{"prompt_tokens":1}'),
      chunk('x').replace('chatcmpl-1', 'chatcmpl-2'),
      chunk('x').slice(0, -1),
      chunk(''),
      chunk(null),
      '{"error":{"message":"x"}}',
    ]) {
      expect(template.charactersOf(bytes(other))).toBe(0);
    }
  });

  it('leaves text that is not ASCII, is spelled with escapes, or is not as JSON allows, to the parser', () => {
    const template = learnt(chunk('Hello'));
    for (const text of ['"', '\\', '\n', 'a"b', 'ü', '日本']) expect(template.charactersOf(bytes(chunk(text)))).toBe(0);
    expect(template.charactersOf(bytes(chunk('tab').replace('tab', 'a\tb')))).toBe(0);
    expect(template.charactersOf(bytes(chunk('tab').replace('tab', 'a","finish_reason":"stop')))).toBe(0);
  });

  it('does not take a place that only looks like the text for it', () => {
    // The same text stands twice, or elsewhere and with another spelling where it counts.
    expect(learnt(chunk('m')).charactersOf(bytes(chunk('x')))).toBe(0);
    const disguised = chunk('Hi').replace('"Hi"', '"\\u0048i"').replace('"m"', '"Hi"');
    expect(learnt(disguised).charactersOf(bytes(disguised.replace('"Hi"', '"other"')))).toBe(0);
  });

  it('knows only a whole event', () => {
    const template = learnt(chunk('Hello'));
    const event = bytes(chunk('x'));
    expect(template.charactersOf(event.subarray(0, -1))).toBe(0);
    expect(template.charactersOf(event.subarray(1))).toBe(0);
    expect(template.charactersOf(new Uint8Array([...event, ...event]))).toBe(0);
    expect(template.charactersOf(new TextEncoder().encode(`data: ${chunk('x')}\r\n\r\n`))).toBe(0);
  });

  it('learns nothing from a chunk that carries more than text', () => {
    expect(
      learnt(chunk('x', { reasoning_content: 'hm' })).charactersOf(bytes(chunk('y', { reasoning_content: 'hm' }))),
    ).toBe(0);
    expect(
      learnt(chunk('x', {}, { finish_reason: 'stop' })).charactersOf(bytes(chunk('y', {}, { finish_reason: 'stop' }))),
    ).toBe(0);
  });

  it('is never wrong about the text it counts', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.string({ minLength: 1, unit: 'binary' }),
        (first, second) => {
          const counted = learnt(chunk(first)).charactersOf(bytes(chunk(second)));
          expect([0, second.length]).toContain(counted);
          // What it knows, the parser reads the same.
          if (counted > 0) expect(JSON.parse(chunk(second)).choices[0].delta.content).toHaveLength(counted);
        },
      ),
    );
  });
});
