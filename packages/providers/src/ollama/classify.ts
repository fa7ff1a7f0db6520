import { type ErrorAnswer, GatewayError } from '@portico/core';
import { classifyOpenAiError } from '../shared/classify-openai-error.js';
import { errorFactsOf } from '../shared/error-facts.js';
import { presentableText } from '../shared/presentable-text.js';

export const who = 'ollama';

/** Which of our kinds an error of Ollama's is: a text that says what is wrong, whole or in the place of a stream's line. */
export function classify(answer: ErrorAnswer): GatewayError {
  const message = errorFactsOf(answer.body)?.message ?? '';
  if (CONTEXT.test(message)) {
    return new GatewayError('context_too_long', presentableText(message) ?? 'The input is too long.', {
      upstreamStatus: answer.status,
    });
  }
  // Within a stream there is no status.
  if (BUSY.test(message))
    return new GatewayError('overloaded', `${who} is overloaded.`, { upstreamStatus: answer.status });
  return classifyOpenAiError(answer, { who });
}

const CONTEXT = /input length exceeds the context length|exceeded max context length/i;
const BUSY = /^server busy/i;
