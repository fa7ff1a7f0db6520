import { isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import {
  each,
  handledElsewhere,
  noStreams,
  type ParameterRules,
  parametersBy,
  unchanged,
} from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';

/** `/v2/rerank`, which accepts only texts and returns no documents: they are added from the request, by their index. */
export const rerank: Codec = {
  encode,
  decode(answer, _target, request) {
    const { documents, return_documents: wanted } = request ?? {};
    if (wanted !== true || !Array.isArray(documents) || !Array.isArray(answer.results)) return answer;
    const results = (answer.results as unknown[]).map((result) => {
      if (!isJsonObject(result) || result.document !== undefined) return result;
      const given: unknown = (documents as unknown[])[Number(result.index)];
      return { ...result, document: isJsonObject(given) ? given : { text: given } };
    });
    return { ...answer, results };
  },
  openStream: noStreams,
};

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'documents', 'return_documents', 'rank_fields'], handledElsewhere),
  ...unchanged('query', 'top_n', 'max_tokens_per_doc', 'priority'),
]);

function encode(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const { documents, rank_fields: fields } = request;
  return {
    model: target.model,
    // The operation has checked that it is a list.
    documents: (documents as unknown[]).map((one) => textOf(one, fields)),
    ...parametersBy(PARAMETERS, request, target),
  };
}

/** The fields by which a document is ranked, in the vendor's format for its models: one per line. */
function textOf(document: unknown, fields: unknown): unknown {
  if (!isJsonObject(document)) return document;
  const named = Array.isArray(fields) ? Object.entries(document).filter(([name]) => fields.includes(name)) : [];
  if (named.length === 0 && typeof document.text === 'string') return document.text;
  const told = named.length > 0 ? named : Object.entries(document);
  return told
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}
