import { isJsonObject, type JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { countOf } from '../shared/chat-usage.js';
import { noStreams } from '../shared/parameter-rules.js';
import { type Place, placed } from './place.js';

/** Rerank through `/ml/v1/text/rerank`. */
export function rerank(place: Place): Codec {
  return {
    encode(request, target) {
      const { query, documents, top_n: count, return_documents: wanted } = request;
      return {
        query,
        // The operation has checked that it is a list.
        inputs: (documents as unknown[]).map((one) => (isJsonObject(one) ? one : { text: one })),
        ...placed(place, request, target),
        parameters: {
          return_options: { inputs: wanted === true, ...(count === undefined ? {} : { top_n: count }) },
        },
      };
    },
    decode(answer) {
      const results = Array.isArray(answer.results) ? (answer.results as unknown[]).filter(isJsonObject) : [];
      return {
        model: answer.model_id,
        results: results.map(told),
        meta: { tokens: { input_tokens: countOf(answer.input_token_count) } },
      };
    },
    openStream: noStreams,
  };
}

function told({ index, score, input }: JsonObject): JsonObject {
  const document = typeof input === 'string' ? { text: input } : input;
  return { index, relevance_score: score, ...(document === undefined ? {} : { document }) };
}
