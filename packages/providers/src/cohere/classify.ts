import { GatewayError, isJsonObject } from '@portico/core';
import type { ErrorAnswer } from '@portico/core/provider';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { presentableText } from '../shared/presentable-text.js';

export const providerName = 'cohere';

/** The kind of an error of Cohere (https://docs.cohere.com/reference/errors). */
export function classify(answer: ErrorAnswer): GatewayError {
  const { status, body } = answer;
  const message = isJsonObject(body) ? (body.message ?? body.data) : undefined;
  const text = typeof message === 'string' ? message : undefined;
  // 498, elsewhere a lack of capacity, is here a request or an answer that is not allowed.
  if (status === 498) {
    return new GatewayError('content_filtered', presentableText(text) ?? 'cohere blocked the request.', {
      upstreamStatus: status,
    });
  }
  // The monthly limit of trial keys; waiting a minute does not help.
  if (status === 429 && text !== undefined && TRIAL_IS_OVER.test(text)) {
    return new GatewayError('quota_exhausted', `${providerName} reports that this deployment's quota is used up.`, {
      upstreamStatus: status,
      cause: presentableText(text),
    });
  }
  const said = isJsonObject(body) && body.message === undefined ? { ...body, message: body.data } : body;
  return classifyOpenAiError({ ...answer, body: said }, { providerName, codes: CODES });
}

const CODES = { too_many_tokens: 'context_too_long' } as const;
const TRIAL_IS_OVER = /calls? ?\/ ?month/i;
