import { GatewayError, isJsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { countOf } from '../shared/chat-usage.js';
import { embeddingAnswer, embeddingInputs } from '../shared/embedding-answer.js';
import {
  each,
  handledElsewhere,
  noStreams,
  type ParameterRules,
  parametersBy,
  unchanged,
} from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';
import { type Place, placed } from './place.js';

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'input', 'encoding_format', 'project_id', 'space_id'], handledElsewhere),
  ...unchanged('truncate_input_tokens', 'return_options'),
]);

/** Embeddings through `/ml/v1/text/embeddings`. */
export function embeddings(place: Place): Codec {
  return {
    encode(request, target) {
      const parameters = parametersBy(PARAMETERS, request, warnOnce(target));
      return {
        inputs: embeddingInputs(request),
        ...placed(place, request, target),
        ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
      };
    },
    decode(answer, target, request) {
      const { results } = answer;
      if (!Array.isArray(results)) {
        throw new GatewayError('upstream_error', 'watsonx answered without embeddings.', { upstreamStatus: 200 });
      }
      const vectors = (results as unknown[]).map((one) => (isJsonObject(one) ? one.embedding : undefined));
      return embeddingAnswer(vectors, target.model, countOf(answer.input_token_count), request);
    },
    openStream: noStreams,
  };
}
