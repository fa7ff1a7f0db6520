import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { openAiCodecs } from './openai-codecs.js';

function encode(model: string, request: JsonObject, changes = {}) {
  const to = target({ model, ...changes });
  return { body: openAiCodecs('openai')['chat.completions']?.encode(request, to), warnings: to.warnings };
}

describe("OpenAI's model families (R-XL-4)", () => {
  it.each([
    ['gpt-4o', 'max_tokens'],
    ['gpt-4.1-mini', 'max_tokens'],
    ['gpt-5', 'max_completion_tokens'],
    ['gpt-5.9-nova', 'max_completion_tokens'],
    ['o3-mini-2025-01-31', 'max_completion_tokens'],
    ['openai-like-model', 'max_tokens'],
  ])('%s knows the bound of an answer as %s', (model, name) => {
    expect(encode(model, { max_tokens: 9 }).body).toEqual({ model, [name]: 9 });
  });

  it('goes by the model and not by the name of its deployment', () => {
    const { body } = encode('our-best', { max_tokens: 9 }, { baseModel: 'gpt-5-mini' });
    expect(body).toEqual({ model: 'our-best', max_completion_tokens: 9 });
  });

  it('keeps the newer bound where both are given', () => {
    expect(encode('o3', { max_tokens: 9, max_completion_tokens: 7 }).body).toEqual({
      model: 'o3',
      max_completion_tokens: 7,
    });
  });

  it.each([
    ['gpt-5', undefined, true],
    ['gpt-5-mini-2025-08-07', 'none', true],
    ['gpt-5-chat-latest', undefined, false],
    ['gpt-5.1', undefined, false],
    ['gpt-5.1', 'low', true],
    ['gpt-5.1-chat-latest', undefined, true],
    ['gpt-5.5', undefined, true],
    ['gpt-5.5', 'none', false],
    ['gpt-5.5-pro', 'none', true],
    ['gpt-5.6-sol', 'none', false],
    ['o4-mini', undefined, true],
    ['gpt-4o', undefined, false],
    ['gpt-5.9', undefined, false],
  ])('%s with effort %s refuses a temperature: %s', (model, effort, refuses) => {
    const request = { temperature: 0.2, ...(effort !== undefined && { reasoning_effort: effort }) };
    if (!refuses) expect(encode(model, request).body?.temperature).toBe(0.2);
    else expect(() => encode(model, request)).toThrow(`"temperature" is not accepted by ${model} while it reasons`);
  });

  it('drops what would be refused where the deployment allows it, and says so', () => {
    const request = { temperature: 0, logprobs: true, stop: ['a'], seed: 1 };
    const { body, warnings } = encode('o3', request, { dropUnsupported: true });
    expect([body, warnings.length]).toEqual([{ model: 'o3', seed: 1 }, 3]);
  });

  it('leaves alone what says nothing', () => {
    const request = { temperature: 1, top_p: 1, presence_penalty: 0, logit_bias: {}, logprobs: false, stop: null };
    expect(encode('o3', request).body).toEqual({ model: 'o3', ...request });
  });
});
