import type { UpstreamOperation } from '../../operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { messages } from './format.js';

/** https://docs.claude.com/en/api/messages-count-tokens: nothing is answered and nothing costs. */
export const countTokens: UpstreamOperation = {
  kind: 'upstream',
  name: 'messages.count_tokens',
  method: 'POST',
  paths: ['/messages/count_tokens'],
  stream: undefined,
  errors: messages.errors,
  read: (body) => ({ ...messages.read({ ...body, stream: false }), maxOutputTokens: 0 }),
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
  answerByEstimate: (inputTokens) => ({ input_tokens: inputTokens }),
};
