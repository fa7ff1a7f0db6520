import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { invalid } from '../shared/drop-parameter.js';
import { embeddingAnswer, embeddingInputs } from '../shared/embedding-answer.js';
import { warnOnce } from '../shared/warn-once.js';
import { withoutRegions } from './model-reference.js';

/** Embeddings through InvokeModel: Titan and Nova accept one text per request, Cohere's models a list. */
export const embeddings: Codec = {
  encode: (request, target) => makerOf(target.baseModel).encode(request, target),
  decode(answer, target, request) {
    const { vectors, tokens } = makerOf(target.baseModel).read(answer);
    if (vectors.length === 0 || !vectors.every(Array.isArray)) {
      throw new GatewayError('upstream_error', 'bedrock answered without embeddings.', { upstreamStatus: 200 });
    }
    const inPlace = vectors.map((values) => ({ values }));
    return embeddingAnswer(inPlace, target.baseModel, tokens, request);
  },
  openStream: () => {
    throw new GatewayError('invalid_input', 'Embeddings cannot be streamed.');
  },
};

/** The request and response format of one maker's models. */
interface Maker {
  encode(request: JsonObject, target: EncodeTarget): JsonObject;
  read(answer: JsonObject): { readonly vectors: readonly unknown[]; readonly tokens: number };
}

const titan: Maker = {
  encode(request, target) {
    const fields = {
      inputText: onlyInput(request),
      ...named(request, TITAN, target),
    };
    const { dimensions } = request;
    if (!/embed-image/.test(target.baseModel)) return { ...fields, ...given('dimensions', dimensions) };
    return { ...fields, ...given('embeddingConfig', dimensions && { outputEmbeddingLength: dimensions }) };
  },
  read: ({ embedding, embeddingsByType, inputTextTokenCount }) => ({
    vectors: [embedding ?? (isJsonObject(embeddingsByType) ? embeddingsByType.float : undefined)],
    tokens: count(inputTextTokenCount),
  }),
};

const cohere: Maker = {
  encode(request, target) {
    const fields = named(request, COHERE, target);
    return {
      texts: embeddingInputs(request),
      // Required by the vendor; usually documents are embedded.
      input_type: 'search_document',
      ...fields,
      ...given('output_dimension', request.dimensions),
    };
  },
  // The vendor reports usage only in a header.
  read: ({ embeddings: found }) => ({
    vectors: Array.isArray(found) ? found : isJsonObject(found) && Array.isArray(found.float) ? found.float : [],
    tokens: 0,
  }),
};

const nova: Maker = {
  encode(request, target) {
    const { truncationMode = 'END', embeddingPurpose = 'GENERIC_INDEX' } = named(request, NOVA, target);
    return {
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose,
        ...given('embeddingDimension', request.dimensions),
        text: { truncationMode, value: onlyInput(request) },
      },
    };
  },
  read: ({ embeddings: found, inputTextTokenCount }) => ({
    vectors: (Array.isArray(found) ? (found as unknown[]) : []).map((one) =>
      isJsonObject(one) ? one.embedding : undefined,
    ),
    tokens: count(inputTextTokenCount),
  }),
};

function makerOf(model: string): Maker {
  const name = withoutRegions(model.toLowerCase());
  if (name.startsWith('cohere.')) return cohere;
  return name.startsWith('amazon.nova') ? nova : titan;
}

const TITAN = new Set(['normalize', 'inputImage']);
const COHERE = new Set(['input_type', 'truncate', 'images']);
const NOVA = new Set(['truncationMode', 'embeddingPurpose']);
const HANDLED_FIELDS = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user']);

/** The maker's own fields in a request; for all others there is a warning that they were dropped. */
function named(request: JsonObject, own: ReadonlySet<string>, target: EncodeTarget): JsonObject {
  const fields: JsonObject = {};
  const { warn } = warnOnce(target);
  for (const [name, value] of Object.entries(request)) {
    if (value === null || value === undefined || HANDLED_FIELDS.has(name)) continue;
    if (own.has(name)) fields[name] = value;
    else warn(`"${name.slice(0, 64)}" was left out: this API has no such parameter.`);
  }
  return fields;
}

function onlyInput(request: JsonObject): string | undefined {
  const [text, ...more] = embeddingInputs(request);
  if (more.length > 0) throw invalid('input', 'This model accepts one input per request: send them one by one.');
  return text;
}

function given(name: string, value: unknown): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value };
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}
