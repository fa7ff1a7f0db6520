import { type ErrorAnswer, GatewayError, isJsonObject } from '@portico/core';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { presentableText } from '../shared/presentable-text.js';

export const who = 'cohere';

/** Which of our kinds an error of Cohere's is (https://docs.cohere.com/reference/errors). */
export function classify(answer: ErrorAnswer): GatewayError {
  const { status, body } = answer;
  const message = isJsonObject(body) ? (body.message ?? body.data) : undefined;
  const text = typeof message === 'string' ? message : undefined;
  // What is 498 elsewhere for want of capacity is here a request or an answer that is not allowed.
  if (status === 498) {
    return new GatewayError('content_filtered', presentableText(text) ?? 'cohere blocked the request.', {
      upstreamStatus: status,
    });
  }
  // The monthly bound of keys for trying out; waiting a minute does not help.
  if (status === 429 && text !== undefined && TRIAL_IS_OVER.test(text)) {
    return new GatewayError('quota_exhausted', `${who} says that this deployment's quota is used up.`, {
      upstreamStatus: status,
      cause: presentableText(text),
    });
  }
  const said = isJsonObject(body) && body.message === undefined ? { ...body, message: body.data } : body;
  return classifyOpenAiError({ ...answer, body: said }, { who, codes: CODES });
}

const CODES = { too_many_tokens: 'context_too_long' } as const;
const TRIAL_IS_OVER = /calls? ?\/ ?month/i;
