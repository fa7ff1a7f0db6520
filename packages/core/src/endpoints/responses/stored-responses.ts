import type { StoredResponseOperation } from '../../operations/stored-response-operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { toMillis } from '../shared/to-millis.js';
import { isUnderWay, responses } from './format.js';

/** https://platform.openai.com/docs/api-reference/responses/get, and what stands below it there. */
export const storedResponses: StoredResponseOperation = {
  name: 'responses',
  path: '/responses',
  errors: responses.errors,
  actions: [
    { method: 'GET', below: '' },
    { method: 'DELETE', below: '' },
    { method: 'POST', below: '/cancel' },
    { method: 'GET', below: '/input_items' },
  ],
  consumed(answer) {
    if (typeof answer.status !== 'string' || isUnderWay(answer)) return undefined;
    const startedAt = toMillis(answer.created_at);
    return {
      usage: responses.usageOf(answer),
      inBatch: false,
      startedAt,
      endedAt: toMillis(answer.completed_at) || startedAt,
    };
  },
  // Reading a response costs nothing.
  usageOf: () => NO_USAGE,
  outputCharactersOf: responses.outputCharactersOf,
};
