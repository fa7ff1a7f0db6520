import type { Codec } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { bedrock } from './index.js';

const { embeddings, rerank, 'images.generations': images } = bedrock.codecs as Record<string, Codec>;
const TITAN = 'amazon.titan-embed-text-v2:0';
const COHERE = 'us.cohere.embed-v4:0';
const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0';

describe('embeddings of Bedrock', () => {
  it.each([
    [TITAN, { inputText: 'Hi', dimensions: 256, normalize: true }],
    [
      'amazon.titan-embed-image-v1',
      { inputText: 'Hi', normalize: true, embeddingConfig: { outputEmbeddingLength: 256 } },
    ],
    [COHERE, { texts: ['Hi'], input_type: 'search_document', output_dimension: 256 }],
    [
      NOVA,
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          embeddingDimension: 256,
          text: { truncationMode: 'END', value: 'Hi' },
        },
      },
    ],
  ])('are asked of %s in its maker’s words', (model, body) => {
    const to = target({ model });
    expect(embeddings?.encode({ input: 'Hi', dimensions: 256, normalize: true, user: 'u' }, to)).toEqual(body);
    expect(to.warnings.length).toBe('normalize' in body ? 0 : 1);
  });

  it('are many at once from Cohere alone', () => {
    const request = { input: ['a', 'b'], input_type: 'search_query' };
    expect(embeddings?.encode(request, target({ model: COHERE }))).toEqual({
      texts: ['a', 'b'],
      input_type: 'search_query',
    });
    for (const model of [TITAN, NOVA]) {
      expect(() => embeddings?.encode(request, target({ model }))).toThrow('one by one');
    }
  });

  it.each([
    [TITAN, { embedding: [1, 2], inputTextTokenCount: 3 }, [[1, 2]], 3],
    [TITAN, { embeddingsByType: { float: [1, 2] }, inputTextTokenCount: 3 }, [[1, 2]], 3],
    [COHERE, { embeddings: [[1], [2]] }, [[1], [2]], 0],
    [COHERE, { embeddings: { float: [[1], [2]] } }, [[1], [2]], 0],
    [NOVA, { embeddings: [{ embeddingType: 'TEXT', embedding: [1] }] }, [[1]], 0],
  ])('are read from the answer of %s: %j', (model, answer, vectors, tokens) => {
    const told: Loose = embeddings?.decode?.(answer, target({ model }), { input: 'x' });
    expect(told.data.map(({ embedding }: Loose) => embedding)).toEqual(vectors);
    expect(told.usage.prompt_tokens).toBe(tokens);
  });

  it.each([TITAN, COHERE, NOVA])('are never made up: %s', (model) => {
    for (const answer of [{}, { embedding: 'x' }, { embeddings: 'x' }, { embeddings: [null] }]) {
      expect(() => embeddings?.decode?.(answer, target({ model }))).toThrow('without embeddings');
    }
    expect(() => embeddings?.openStream(target())).toThrow('cannot be streamed');
  });
});

describe('rerank of Bedrock', () => {
  it('is asked by InvokeModel, in the version that Cohere demands', () => {
    const request = { query: 'q', documents: ['a', { text: 'b' }], top_n: 1 };
    const body = { query: 'q', documents: ['a', 'b'], top_n: 1 };
    expect(rerank?.encode(request, target({ model: 'amazon.rerank-v1:0' }))).toEqual(body);
    expect(rerank?.encode(request, target({ model: 'cohere.rerank-v3-5:0' }))).toEqual({ ...body, api_version: 2 });
  });

  it('gives documents back to who asks for them', () => {
    const request = { documents: ['a', { text: 'b' }], return_documents: true };
    const answer = { results: [{ index: 1, relevance_score: 0.5 }] };
    expect(rerank?.decode?.(answer, target(), request)).toEqual({
      results: [{ index: 1, relevance_score: 0.5, document: { text: 'b' } }],
    });
    expect(() => rerank?.decode?.({}, target(), request)).toThrow('without results');
    expect(() => rerank?.openStream(target())).toThrow('cannot be streamed');
  });
});

describe('images of Bedrock', () => {
  const request = { prompt: 'A cat', n: 2, size: '1280x720', quality: 'hd', negative_prompt: 'dog', seed: 1 };

  it('are asked of Amazon’s models by size', () => {
    expect(images?.encode(request, target({ model: 'amazon.nova-canvas-v1:0' }))).toEqual({
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: 'A cat', negativeText: 'dog' },
      imageGenerationConfig: { numberOfImages: 2, width: 1280, height: 720, quality: 'premium', seed: 1 },
    });
  });

  it('are asked of Stability’s models by shape, one at a time', () => {
    const to = target({ model: 'stability.sd3-5-large-v1:0', dropUnsupported: true });
    expect(images?.encode({ ...request, response_format: 'url' }, to)).toEqual({
      prompt: 'A cat',
      mode: 'text-to-image',
      aspect_ratio: '16:9',
      negative_prompt: 'dog',
      seed: 1,
    });
    expect(to.warnings).toHaveLength(2);
    expect(() => images?.encode({ prompt: 'x', size: 'big' }, to)).toThrow('1024x1024');
    expect(images?.encode({ prompt: 'x', size: 'auto' }, to)).toEqual({ prompt: 'x', mode: 'text-to-image' });
  });

  it('come in their bytes', () => {
    const to = target({ createdAt: 7 });
    expect(images?.decode?.({ images: ['AAAA', null] }, to)).toEqual({ created: 7, data: [{ b64_json: 'AAAA' }] });
  });

  it.each([
    [{ images: [], error: 'This request has been blocked by our content filters.' }, 'content_filtered'],
    [{ images: [null], finish_reasons: ['Filter reason: prompt'] }, 'content_filtered'],
    [{ error: 'Oh no.' }, 'upstream_error'],
    [{}, 'upstream_error'],
  ])('are refused by filters or missing: %j', (answer, kind) => {
    expect(() => images?.decode?.(answer, target())).toThrow(expect.objectContaining({ kind }));
    expect(() => images?.openStream(target())).toThrow('cannot be streamed');
  });
});
