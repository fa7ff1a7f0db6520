import { isJsonObject, type JsonObject } from '../encoding/json.js';
import { describeType, invalid, readModel } from '../encoding/read-fields.js';
import type { UpstreamOperation } from '../operation.js';
import { NO_USAGE, type Usage } from '../usage/usage.js';
import { usageOfAnswer } from '../usage/usage-of-answer.js';
import { weighedLength } from '../usage/weighed-length.js';
import { errorFormat } from './shared/error-format.js';
import { measureBody } from './shared/measure-input.js';

/**
 * `{ model, query, documents, top_n }` → `{ results: [{ index, relevance_score }] }`, the format that most rerank
 * vendors share. https://docs.cohere.com/reference/rerank
 */
export const rerank: UpstreamOperation = {
  kind: 'upstream',
  name: 'rerank',
  method: 'POST',
  paths: ['/rerank', '/v2/rerank'],
  stream: undefined,
  errors: errorFormat,

  read(body) {
    const model = readModel(body);
    const { query, documents } = body;
    if (typeof query !== 'string') throw invalid('query', `"query" must be a string; found ${describeType(query)}.`);
    if (!Array.isArray(documents)) {
      throw invalid('documents', `"documents" must be an array; found ${describeType(documents)}.`);
    }
    const size = measureBody(body);
    return {
      model,
      stream: false,
      wantsUsage: false,
      // The query is read once for every document.
      inputCharacters: size.characters + weighedLength(query) * documents.length,
      inputAttachments: size.attachments,
      maxOutputTokens: 0,
      answers: 1,
    };
  },

  usageOf: (answer) => usageOfAnswer(answer.usage) ?? usageOfMeta(answer.meta),
  outputCharactersOf: () => 0,
};

/** The tokens that some vendors report besides the search units they bill: those need a price per request. */
function usageOfMeta(meta: unknown): Usage | undefined {
  const { tokens, billed_units: billed } = isJsonObject(meta) ? meta : ({} as JsonObject);
  for (const counted of [tokens, billed]) {
    if (!isJsonObject(counted)) continue;
    const { input_tokens: input } = counted;
    if (typeof input === 'number' && input > 0) return { ...NO_USAGE, inputTokens: Math.ceil(input) };
  }
  return undefined;
}
