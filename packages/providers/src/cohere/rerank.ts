import { type Codec, type EncodeTarget, isJsonObject, type JsonObject } from '@portico/core';
import { each, elsewhere, noStreams, type ParameterRules, parametersBy, unchanged } from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';

/** `/v2/rerank`, which takes texts alone and gives no documents back: they are put beside their places from the request. */
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
  ...each(['model', 'documents', 'return_documents', 'rank_fields'], elsewhere),
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

/** The fields by which a document is ranked, as the vendor tells them to its models: a line each. */
function textOf(document: unknown, fields: unknown): unknown {
  if (!isJsonObject(document)) return document;
  const named = Array.isArray(fields) ? Object.entries(document).filter(([name]) => fields.includes(name)) : [];
  if (named.length === 0 && typeof document.text === 'string') return document.text;
  const told = named.length > 0 ? named : Object.entries(document);
  return told
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}
