import { type Codec, GatewayError } from '@portico/core';
import { countOf } from '../shared/chat-usage.js';
import { embeddingAnswer, embeddingInputs } from '../shared/embedding-answer.js';
import { each, elsewhere, noStreams, type ParameterRules, parametersBy, unchanged } from '../shared/parameter-rules.js';
import { warnOnce } from '../shared/warn-once.js';
import { who } from './classify.js';
import { OPTIONS } from './model-options.js';

/** Embeddings told in `/api/embed`. */
export const embeddings: Codec = {
  encode: (request, target) => ({
    model: target.model,
    input: embeddingInputs(request),
    ...parametersBy(PARAMETERS, request, warnOnce(target)),
  }),
  decode(answer, target, request) {
    const { embeddings: vectors, embedding: only } = answer;
    // Older servers have one vector a request.
    const found = Array.isArray(only) ? [only] : vectors;
    if (!Array.isArray(found)) {
      throw new GatewayError('upstream_error', `${who} answered without embeddings.`, { upstreamStatus: 200 });
    }
    return embeddingAnswer(found, target.model, countOf(answer.prompt_eval_count), request);
  },
  openStream: noStreams,
};

const PARAMETERS: ParameterRules = new Map([
  ...each(['model', 'input', 'encoding_format'], elsewhere),
  ...unchanged('dimensions'),
  ...OPTIONS,
]);
