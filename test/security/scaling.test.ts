import type { JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { allProviders } from '@portico/providers';
import { describe, expect, it } from 'vitest';
import { bridges } from '../../packages/core/src/translation/over-chat.js';
import { chatShapes, messageShapes, responsesShapes, type Shape } from './request-shapes.js';
import { tooMuchWork } from './work.js';

/** Codecs that do most of their own, with models whose families take other ways through them. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  openai: ['gpt-5'],
  anthropic: ['claude-sonnet-4-5'],
  bedrock: ['amazon.nova-pro-v1:0'],
  gemini: ['gemini-3-pro'],
  cohere: ['command-a'],
  ollama: ['m'],
  mistral: ['m'],
  deepseek: ['m'],
  replicate: ['m'],
};

/** The bridges are the same over every codec of chats: one vendor's request shows what they do. */
const BRIDGED_OVER = 'deepseek';

const WIRES = [
  ['chat.completions', chatShapes],
  ['messages', messageShapes],
  ['responses', responsesShapes],
] as const;

const READERS = allProviders().flatMap((provider) => {
  const codecs = bridges.codecs(provider.codecs);
  return WIRES.flatMap(([operation, shapes]) => {
    const codec = codecs[operation];
    const isBridged = provider.codecs[operation] === undefined;
    if (codec === undefined || (isBridged && provider.name !== BRIDGED_OVER)) return [];
    return (MODELS[provider.name] ?? []).map((model) => [provider.name, operation, model, codec, shapes] as const);
  });
});

describe('the work of a request grows with its size and not with its square', { timeout: 120_000 }, () => {
  it.each(READERS)('where %s is asked for %s of %s', (_provider, _operation, model, codec, shapes) => {
    expect(Object.keys(shapes).length).toBeGreaterThanOrEqual(25);
    const found = Object.entries(shapes).flatMap(([name, shape]) => {
      const slow = tooMuchWork((n) => encoding(codec, model, shape, n));
      return slow === undefined ? [] : [`${name}: ${slow}`];
    });
    expect(found).toEqual([]);
  });
});

describe('what this test calls too much', () => {
  it.each([
    [
      'a list that is copied for each item',
      (n: number) => () => {
        let list: readonly number[] = [];
        for (let at = 0; at < n; at += 1) list = [...list, at].filter((each) => each >= 0);
      },
    ],
    [
      'a list that is searched for each item',
      (n: number) => {
        const ids = Array.from({ length: n }, (_, at) => ({ id: `call_${at}` }));
        return () => ids.map(({ id }) => ids.findIndex((each) => each.id === id));
      },
    ],
    [
      'a line of spaces that is tried from each of them',
      (n: number) => () => /^content-type:\s*(.*?)\s*$/im.test(`content-type: a${' '.repeat(n)}b`),
    ],
  ])('finds %s', (_what, prepare) => {
    expect(tooMuchWork(prepare)).toMatch('ms for n, 2n, 4n');
  });

  it('lets what goes through a list pass', () => {
    const list = (n: number) => Array.from({ length: n * 100 }, (_, at) => ({ id: `call_${at}` }));
    expect(tooMuchWork((n) => () => JSON.stringify(list(n)))).toBeUndefined();
  });
});

function encoding(codec: Codec, model: string, shape: Shape, n: number): () => void {
  const request: JsonObject = { model, ...shape(n) };
  const target: EncodeTarget = {
    model,
    baseModel: model,
    stream: false,
    maxOutputTokens: undefined,
    wantsUsage: false,
    mayAskUsage: true,
    dropUnsupported: true,
    warn: () => undefined,
    createdAt: 0,
  };
  return () => JSON.stringify(codec.encode(request, target));
}
