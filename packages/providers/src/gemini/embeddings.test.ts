import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { gemini, vertex } from '../index.js';

describe('embeddings of Gemini', () => {
  it('are asked for with a request for each input', () => {
    const { body, warnings } = encode(gemini, 'gemini-embedding-001', {
      input: ['a', 'b'],
      dimensions: 8,
      task_type: 'RETRIEVAL_QUERY',
      encoding_format: 'float',
      user: 'u',
    });
    const request = (text: string) => ({
      model: 'models/gemini-embedding-001',
      content: { parts: [{ text }] },
      outputDimensionality: 8,
      taskType: 'RETRIEVAL_QUERY',
    });
    expect([body, warnings]).toEqual([
      { requests: [request('a'), request('b')] },
      ['"user" was left out: this API has no such parameter.'],
    ]);
  });

  it("come in OpenAI's shape, with the vendor's count where it has one", () => {
    const answer = { embeddings: [{ values: [0.5, -1] }, { values: [2, 3] }], usageMetadata: { promptTokenCount: 4 } };
    expect(decode(gemini, 'm', answer)).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.5, -1] },
        { object: 'embedding', index: 1, embedding: [2, 3] },
      ],
      model: 'm',
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
  });

  it('are written in base64 for clients that ask for it, as the official one does by itself', () => {
    const answer = { embeddings: [{ values: [0.5, -1, 'x'] }] };
    const { data } = decode(gemini, 'm', answer, { encoding_format: 'base64' });
    const bytes = Buffer.from(data[0].embedding, 'base64');
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, 3)]).toEqual([0.5, -1, 0]);
  });

  it.each([[[1, 2]], [[[1, 2]]], [[]], ['x'.length], [null]])('are refused for %j', (input) => {
    expect(() => encode(gemini, 'm', { input })).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'input' }),
    );
  });

  it.each([[{}], [{ embeddings: 7 }]])('are a failure where the vendor answers %j', (answer) => {
    expect(() => decode(gemini, 'm', answer)).toThrow(expect.objectContaining({ kind: 'upstream_error' }));
  });
});

describe('embeddings of Vertex AI', () => {
  it('are asked for as instances', () => {
    const { body } = encode(vertex, 'text-embedding-005', {
      input: ['a', 'b'],
      dimensions: 8,
      task_type: 'CLUSTERING',
    });
    expect(body).toEqual({
      instances: [
        { content: 'a', task_type: 'CLUSTERING' },
        { content: 'b', task_type: 'CLUSTERING' },
      ],
      parameters: { outputDimensionality: 8 },
    });
    const one = (values: number[], token_count: number) => ({ embeddings: { values, statistics: { token_count } } });
    const told = decode(vertex, 'text-embedding-005', { predictions: [one([1], 3), one([2], 4)] });
    expect([told.data.map(({ embedding }: Loose) => embedding), told.usage.prompt_tokens]).toEqual([[[1], [2]], 7]);
  });

  it('are asked for as one content of the newer models', () => {
    const { body } = encode(vertex, 'gemini-embedding-2', { input: 'a', dimensions: 8 });
    expect(body).toEqual({ content: { parts: [{ text: 'a' }] }, outputDimensionality: 8 });
    const answer = { embedding: { values: [1] }, usageMetadata: { promptTokenCount: 2 } };
    expect(decode(vertex, 'gemini-embedding-2', answer)).toMatchObject({
      data: [{ embedding: [1] }],
      usage: { total_tokens: 2 },
    });
    expect(() => encode(vertex, 'gemini-embedding-2', { input: ['a', 'b'] })).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'input' }),
    );
  });

  it.each([
    ['gemini-embedding-2', {}],
    ['text-embedding-005', {}],
  ])('of %s are a failure where the vendor answers %j', (model, answer) => {
    expect(() => decode(vertex, model, answer)).toThrow(expect.objectContaining({ kind: 'upstream_error' }));
  });
});

function encode(provider: typeof gemini, model: string, request: JsonObject): Loose {
  const to = target({ model });
  return { body: provider.codecs.embeddings?.encode({ model: 'group', ...request }, to), warnings: to.warnings };
}

function decode(provider: typeof gemini, model: string, answer: JsonObject, request: JsonObject = {}): Loose {
  return provider.codecs.embeddings?.decode?.(answer, target({ model }), request);
}
