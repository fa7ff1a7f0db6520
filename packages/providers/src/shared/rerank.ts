import { type Codec, type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';

/** How a vendor's rerank departs from the shape that most share. */
export interface RerankRules {
  /** Its name for `top_n`. */
  readonly topN?: string;
}

/** Rerank as Cohere, Jina, Together and servers of one's own have it; Voyage spells two names otherwise. */
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
      throw new TypeError('There are no streams of rerank.');
    },
  };
}

/** Documents that come back are objects in the shared shape. */
function withObject(result: JsonObject): JsonObject {
  return typeof result.document === 'string' ? { ...result, document: { text: result.document } } : result;
}
