import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { withoutRegions } from './model-reference.js';

/** Rerank through InvokeModel, for models of Amazon and Cohere. */
export const rerank: Codec = {
  encode({ query, documents, top_n: count }, target) {
    const isCohere = withoutRegions(target.baseModel.toLowerCase()).startsWith('cohere.');
    return {
      query,
      documents: (Array.isArray(documents) ? (documents as unknown[]) : []).map(textOf),
      ...(count !== undefined && { top_n: count }),
      ...(isCohere && { api_version: 2 }),
    };
  },
  decode(answer, _target, request) {
    if (!Array.isArray(answer.results)) {
      throw new GatewayError('upstream_error', 'bedrock answered without results.', { upstreamStatus: 200 });
    }
    const results = (answer.results as unknown[]).filter(isJsonObject);
    return { results: results.map((result) => resultOf(result, request)) };
  },
  openStream() {
    throw new TypeError('Rerank cannot be streamed.');
  },
};

/** Its two interfaces name the score differently, and neither returns the document. */
function resultOf(result: JsonObject, request: JsonObject | undefined): JsonObject {
  const { index } = result;
  const documents = request?.return_documents === true ? request.documents : undefined;
  const document = Array.isArray(documents) ? (documents as unknown[])[Number(index)] : undefined;
  return {
    index,
    relevance_score: result.relevance_score ?? result.relevanceScore,
    ...(document !== undefined && { document: { text: textOf(document) } }),
  };
}

function textOf(document: unknown): string {
  if (typeof document === 'string') return document;
  return isJsonObject(document) && typeof document.text === 'string' ? document.text : JSON.stringify(document);
}
