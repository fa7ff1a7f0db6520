import { GatewayError } from '@portico/core';
import type { ErrorAnswer } from '@portico/core/provider';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { errorFactsOf } from '../shared/error-facts.js';
import { presentableText } from '../shared/presentable-text.js';

export const providerName = 'ollama';

/** The kind of an error of Ollama: a text, as a whole answer or instead of a line of a stream. */
export function classify(answer: ErrorAnswer): GatewayError {
  const message = errorFactsOf(answer.body)?.message ?? '';
  if (CONTEXT.test(message)) {
    return new GatewayError('context_too_long', presentableText(message) ?? 'The input is too long.', {
      upstreamStatus: answer.status,
    });
  }
  // There is no status inside a stream.
  if (BUSY.test(message))
    return new GatewayError('overloaded', `${providerName} is overloaded.`, { upstreamStatus: answer.status });
  return classifyOpenAiError(answer, { providerName });
}

const CONTEXT = /input length exceeds the context length|exceeded max context length/i;
const BUSY = /^server busy/i;
