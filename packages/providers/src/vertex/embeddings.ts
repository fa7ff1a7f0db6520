import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { embeddingConfig } from '../gemini/embeddings.js';
import { invalid } from '../shared/drop-parameter.js';
import { embeddingAnswer, embeddingInputs } from '../shared/embedding-answer.js';

/**
 * Embeddings through `predict`, which accepts a list of texts, or through `embedContent` for the newer models, which
 * accepts one content and returns one vector.
 */
export const embeddings: Codec = {
  encode: (request, target) =>
    takesContent(target.model) ? encodeContent(request, target) : encodeInstances(request, target),
  decode(answer, target, request) {
    const { vectors, tokens } = takesContent(target.model) ? readContent(answer) : readPredictions(answer);
    return embeddingAnswer(vectors, target.model, tokens, request);
  },
  openStream: () => {
    throw new GatewayError('invalid_input', 'Embeddings cannot be streamed.');
  },
};

/** True for models that use `embedContent`. */
export function takesContent(model: string): boolean {
  return /gemini-embedding-[2-9]/.test(model);
}

function encodeContent(request: JsonObject, target: EncodeTarget): JsonObject {
  const [text, ...more] = embeddingInputs(request);
  if (more.length > 0) throw invalid('input', 'This model accepts one input per request: send them one by one.');
  return { content: { parts: [{ text }] }, ...embeddingConfig(request, target) };
}

function encodeInstances(request: JsonObject, target: EncodeTarget): JsonObject {
  const { outputDimensionality, taskType, title } = embeddingConfig(request, target);
  const about = {
    ...(taskType === undefined ? {} : { task_type: taskType }),
    ...(title === undefined ? {} : { title }),
  };
  return {
    instances: embeddingInputs(request).map((content) => ({ content, ...about })),
    ...(outputDimensionality === undefined ? {} : { parameters: { outputDimensionality } }),
  };
}

interface Read {
  readonly vectors: readonly unknown[];
  readonly tokens: number;
}

function readContent({ embedding, usageMetadata: usage }: JsonObject): Read {
  if (!isJsonObject(embedding)) throw withoutVectors();
  return { vectors: [embedding], tokens: isJsonObject(usage) ? count(usage.promptTokenCount) : 0 };
}

function readPredictions({ predictions }: JsonObject): Read {
  if (!Array.isArray(predictions)) throw withoutVectors();
  const vectors = (predictions as unknown[]).map((one) => (isJsonObject(one) ? one.embeddings : undefined));
  const tokens = vectors.map((vector) => {
    const statistics = isJsonObject(vector) ? vector.statistics : undefined;
    return isJsonObject(statistics) ? count(statistics.token_count) : 0;
  });
  return { vectors, tokens: tokens.reduce((sum, one) => sum + one, 0) };
}

function withoutVectors(): GatewayError {
  return new GatewayError('upstream_error', 'vertex_ai answered without embeddings.', { upstreamStatus: 200 });
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}
