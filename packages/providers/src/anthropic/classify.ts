import { GatewayError } from '@portico/core';
import type { ErrorAnswer } from '@portico/core/provider';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { errorFactsOf } from '../shared/error-facts.js';
import { presentableText } from '../shared/presentable-text.js';

/**
 * The kind of an error, whole or in a stream (https://docs.claude.com/en/api/errors). The error object has OpenAI's
 * format without `code`, and the rules are the same except for two that only this vendor needs.
 */
export function classify(answer: ErrorAnswer): GatewayError {
  const message = errorFactsOf(answer.body)?.message ?? '';
  if (answer.status < 500 && SPENDING_LIMIT.test(message)) {
    return new GatewayError('quota_exhausted', "Anthropic reports that this deployment's own usage limit is reached.", {
      upstreamStatus: answer.status,
      cause: presentableText(message),
    });
  }
  // The client names files and containers: its mistake must not put the deployment into cooldown for all other
  // callers.
  if (answer.status === 404 && CLIENTS_RESOURCE.test(message)) {
    const text = presentableText(message) ?? 'A file or container of the request does not exist.';
    return new GatewayError('invalid_input', text, { status: 404, upstreamStatus: 404 });
  }
  return classifyOpenAiError(answer, { providerName: 'Anthropic', codes: { billing_error: 'quota_exhausted' } });
}

/** A limit that the customer set for a workspace; it is a 400, and lasts until the month ends. */
const SPENDING_LIMIT = /^You have reached your specified (?:\w+ )?API usage limits/i;
const CLIENTS_RESOURCE = /^(?:file|container|skill)\b/i;
