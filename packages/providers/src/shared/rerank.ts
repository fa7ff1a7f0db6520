import { isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';

/** Differences of a vendor's rerank from the common format. */
export interface RerankRules {
  /** Its name for `top_n`. */
  readonly topN?: string;
}

/** Rerank in the format of Cohere, Jina, Together and self-hosted servers; Voyage has other names for two fields. */
export function rerankCodec({ topN }: RerankRules = {}): Codec {
  return {
    encode(request: JsonObject, target: EncodeTarget): JsonObject {
      const { top_n: count, ...rest } = request;
      return { ...rest, model: target.model, ...(count !== undefined && { [topN ?? 'top_n']: count }) };
    },
    decode(answer) {
      if (Array.isArray(answer.results) || !Array.isArray(answer.data)) return answer;
      const { data, object: _object, ...rest } = answer;
      return { ...rest, results: (data as unknown[]).filter(isJsonObject).map(withObject) };
    },
    openStream() {
      throw new TypeError('Rerank cannot be streamed.');
    },
  };
}

/** Returned documents are objects in the common format. */
function withObject(result: JsonObject): JsonObject {
  return typeof result.document === 'string' ? { ...result, document: { text: result.document } } : result;
}
