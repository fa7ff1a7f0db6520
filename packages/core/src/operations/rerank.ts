import { isJsonObject, type JsonObject } from '../json.js';
import type { UpstreamOperation } from '../operation.js';
import { NO_USAGE, type Usage } from '../usage.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { errorShape } from './error-shape.js';
import { type InputSize, measureInput } from './measure-input.js';
import { invalid, kindOf, readModel } from './read-fields.js';

/**
 * `{ model, query, documents, top_n }` → `{ results: [{ index, relevance_score }] }`, the shape that most vendors of it
 * share. https://docs.cohere.com/reference/rerank
 */
export const rerank: UpstreamOperation = {
  kind: 'upstream',
  name: 'rerank',
  method: 'POST',
  paths: ['/rerank', '/v2/rerank'],
  stream: undefined,
  errors: errorShape,

  read(body) {
    const model = readModel(body);
    const { query, documents } = body;
    if (typeof query !== 'string') throw invalid('query', `"query" must be a string; found ${kindOf(query)}.`);
    if (!Array.isArray(documents)) {
      throw invalid('documents', `"documents" must be an array; found ${kindOf(documents)}.`);
    }
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(documents, size, 'documents');
    return {
      model,
      stream: false,
      wantsUsage: false,
      // The query is read once for every document.
      inputCharacters: size.characters + query.length * documents.length,
      inputAttachments: size.attachments,
      maxOutputTokens: 0,
      answers: 1,
    };
  },

  usageOf: (answer) => usageOfAnswer(answer.usage) ?? usageOfMeta(answer.meta),
  outputCharactersOf: () => 0,
};

/** The tokens that stand beside the search units that some vendors bill: those are a price per request. */
function usageOfMeta(meta: unknown): Usage | undefined {
  const { tokens, billed_units: billed } = isJsonObject(meta) ? meta : ({} as JsonObject);
  for (const counted of [tokens, billed]) {
    if (!isJsonObject(counted)) continue;
    const { input_tokens: input } = counted;
    if (typeof input === 'number' && input > 0) return { ...NO_USAGE, inputTokens: Math.ceil(input) };
  }
  return undefined;
}
