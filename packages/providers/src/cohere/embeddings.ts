import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec, EncodeTarget } from '@portico/core/provider';
import { countOf } from '../shared/chat-usage.js';
import { invalid } from '../shared/drop-parameter.js';
import { embeddingAnswer } from '../shared/embedding-answer.js';
import {
  as,
  each,
  handledElsewhere,
  noStreams,
  type ParameterRules,
  parametersBy,
  unchanged,
} from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';
import { providerName } from './classify.js';

/**
 * Embeddings through `/v2/embed`. `input_type`, the purpose of the vectors, is `search_document` unless the client
 * sets it. Inputs may be texts, data URLs of images, or lists of parts of both.
 */
export const embeddings: Codec = {
  encode,
  decode(answer, target, request) {
    const { embeddings: byType, meta } = answer;
    const type = typesOf(request ?? {})[0] as string; // there is always one
    const vectors = isJsonObject(byType) ? byType[type] : byType;
    if (!Array.isArray(vectors)) {
      throw new GatewayError('upstream_error', `${providerName} answered without embeddings.`, { upstreamStatus: 200 });
    }
    const billed = isJsonObject(meta) && isJsonObject(meta.billed_units) ? meta.billed_units : {};
    const tokens = countOf(billed.input_tokens) + countOf(billed.image_tokens);
    return embeddingAnswer(vectors, target.model, tokens, request);
  },
  openStream: noStreams,
};

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'input', 'encoding_format', 'input_type', 'embedding_types'], handledElsewhere),
  ['dimensions', as('output_dimension')],
  ...unchanged('output_dimension', 'truncate', 'max_tokens', 'priority'),
]);

function encode(request: JsonObject, givenTarget: EncodeTarget): JsonObject {
  const target = warnOnce(givenTarget);
  const { input_type: purpose } = request;
  const inputs = inputsOf(request.input);
  return {
    model: target.model,
    input_type: 'images' in inputs ? 'image' : (purpose ?? 'search_document'),
    embedding_types: typesOf(request),
    ...inputs,
    ...parametersBy(PARAMETERS, request, target),
  };
}

// OpenAI clients ask for `base64`, which is only an encoding of the numbers: it is done here.
function typesOf({ embedding_types: types }: JsonObject): readonly unknown[] {
  const known: unknown[] = Array.isArray(types) ? types.filter((type) => type !== 'base64') : [];
  return known.length > 0 ? known : ['float'];
}

function inputsOf(input: unknown): JsonObject {
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  if (inputs.length > 0 && inputs.every((one) => typeof one === 'string')) {
    return inputs.every((one) => /^data:image\//i.test(one)) ? { images: inputs } : { texts: inputs };
  }
  if (inputs.length > 0 && inputs.every((one) => isJsonObject(one) || Array.isArray(one))) {
    if (!inputs.every((one) => !Array.isArray(one) || one.every(isJsonObject))) throw noTokens();
    return { inputs: inputs.map((one) => (Array.isArray(one) ? { content: one } : one)) };
  }
  throw noTokens();
}

function noTokens(): GatewayError {
  return invalid('input', '"input" must be text, a list of texts, or lists of parts; this API accepts no token ids.');
}
