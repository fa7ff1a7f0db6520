import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { embeddingAnswer, embeddingInputs } from '../shared/embedding-answer.js';
import { warnOnce } from '../shared/warn-once.js';

/** Embeddings through batchEmbedContents, with one request per input. */
export const embeddings: Codec = {
  encode,
  decode(answer, target, request) {
    const { embeddings: vectors, usageMetadata: usage } = answer;
    if (!Array.isArray(vectors)) {
      throw new GatewayError('upstream_error', 'gemini answered without embeddings.', { upstreamStatus: 200 });
    }
    const tokens = isJsonObject(usage) && typeof usage.promptTokenCount === 'number' ? usage.promptTokenCount : 0;
    return embeddingAnswer(vectors, target.model, tokens, request);
  },
  openStream: () => {
    throw new GatewayError('invalid_input', 'Embeddings cannot be streamed.');
  },
};

/** Reads the fields of an embeddings request besides its input: the vendor's own fields, in both spellings. */
export function embeddingConfig(request: JsonObject, target: EncodeTarget): JsonObject {
  const config: JsonObject = {};
  const { warn } = warnOnce(target);
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined || HANDLED_FIELDS.has(name)) continue;
    const own = FIELDS.get(name);
    if (own === undefined) warn(`"${name.slice(0, 64)}" was left out: this API has no such parameter.`);
    else config[own] = value;
  }
  return config;
}

const HANDLED_FIELDS = new Set(['model', 'input', 'encoding_format']);
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['dimensions', 'outputDimensionality'],
  ['task_type', 'taskType'],
  ['taskType', 'taskType'],
  ['input_type', 'taskType'],
  ['title', 'title'],
]);

function encode(request: JsonObject, target: EncodeTarget): JsonObject {
  const config = embeddingConfig(request, target);
  const model = target.model.startsWith('models/') ? target.model : `models/${target.model}`;
  return {
    requests: embeddingInputs(request).map((text) => ({ model, content: { parts: [{ text }] }, ...config })),
  };
}
