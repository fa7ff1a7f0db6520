import { GatewayError } from '@portico/core';
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
import { providerName } from './classify.js';
import { OPTIONS } from './model-options.js';

/** Embeddings through `/api/embed`. */
export const embeddings: Codec = {
  encode: (request, target) => ({
    model: target.model,
    input: embeddingInputs(request),
    ...parametersBy(PARAMETERS, request, warnOnce(target)),
  }),
  decode(answer, target, request) {
    const { embeddings: vectors, embedding: only } = answer;
    // Older servers return one vector per request.
    const found = Array.isArray(only) ? [only] : vectors;
    if (!Array.isArray(found)) {
      throw new GatewayError('upstream_error', `${providerName} answered without embeddings.`, { upstreamStatus: 200 });
    }
    return embeddingAnswer(found, target.model, countOf(answer.prompt_eval_count), request);
  },
  openStream: noStreams,
};

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'input', 'encoding_format'], handledElsewhere),
  ...unchanged('dimensions'),
  ...OPTIONS,
]);
