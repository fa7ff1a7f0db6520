import { GatewayError, isJsonObject, type JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';
import { adaptToClaude, BEDROCK_HOST } from '../anthropic/adapt-messages.js';
import { invokedBody } from './messages.js';
import { base64Of } from './parts-from-chat.js';

/**
 * The number of input tokens for Claude: a complete InvokeModel request, which is counted and not answered
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html).
 */
export const countTokens: Codec = {
  encode(request, target) {
    const body = answerable(adaptToClaude(request, target, BEDROCK_HOST));
    return { input: { invokeModel: { body: base64Of(JSON.stringify(body)) } } };
  },
  decode({ inputTokens }) {
    if (typeof inputTokens === 'number') return { input_tokens: inputTokens };
    throw new GatewayError('upstream_error', 'bedrock was asked to count tokens and returned no number.');
  },
  openStream: () => {
    throw new TypeError('tokens are not counted in a stream');
  },
  failure: countingFailure,
};

/**
 * A failed count does not put a model into cooldown: counting has its own permissions and quotas, and many models
 * cannot count. Another deployment may.
 */
export function countingFailure(failure: GatewayError): GatewayError {
  if (failure.traits.cooldown !== 'immediate' && !UNABLE.test(failure.message)) return failure;
  const { upstreamStatus, message } = failure;
  return new GatewayError('unavailable', message, { code: 'unsupported_operation', upstreamStatus });
}

const UNABLE = /support counting tokens/i;

/** A request must have an output limit above its thinking budget; a request that is only counted has none. */
function answerable(request: JsonObject): JsonObject {
  const { thinking } = request;
  const thought = isJsonObject(thinking) && typeof thinking.budget_tokens === 'number' ? thinking.budget_tokens : 0;
  return invokedBody({ max_tokens: thought + 1, ...request });
}
