import { type Codec, GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import { invokedBody } from './messages.js';
import { base64Of } from './parts-from-chat.js';

/**
 * How many tokens Claude would be asked with: a whole request of InvokeModel, which is not answered
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html).
 */
export const countTokens: Codec = {
  encode: (request) => ({ input: { invokeModel: { body: base64Of(JSON.stringify(answerable(request))) } } }),
  decode({ inputTokens }) {
    if (typeof inputTokens === 'number') return { input_tokens: inputTokens };
    throw new GatewayError('upstream_error', 'bedrock was asked to count tokens and named no number.');
  },
  openStream: () => {
    throw new TypeError('tokens are not counted in a stream');
  },
  failure: countingFailure,
};

/**
 * That it cannot be counted is no reason for a model to rest: to count has permissions and quotas of its own, and many models
 * that answer do not count. Another deployment may.
 */
export function countingFailure(failure: GatewayError): GatewayError {
  if (failure.traits.cools !== 'at_once' && !UNABLE.test(failure.message)) return failure;
  const { upstreamStatus, message } = failure;
  return new GatewayError('unavailable', message, { code: 'unsupported_operation', upstreamStatus });
}

const UNABLE = /support counting tokens/i;

/** A request must say how long its answer may be, beyond what it may think; who only counts has no answer to bound. */
function answerable(request: JsonObject): JsonObject {
  const { thinking } = request;
  const thought = isJsonObject(thinking) && typeof thinking.budget_tokens === 'number' ? thinking.budget_tokens : 0;
  return invokedBody({ max_tokens: thought + 1, ...request });
}
