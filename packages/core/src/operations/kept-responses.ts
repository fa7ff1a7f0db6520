import type { KeptOperation } from '../kept-operation.js';
import { NO_USAGE } from '../usage.js';
import { momentOf } from './moment-of.js';
import { isUnderWay, responses } from './responses.js';

/** https://platform.openai.com/docs/api-reference/responses/get, and what stands below it there. */
export const keptResponses: KeptOperation = {
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
    const startedAt = momentOf(answer.created_at);
    return {
      usage: responses.usageOf(answer),
      inBatch: false,
      startedAt,
      endedAt: momentOf(answer.completed_at) || startedAt,
    };
  },
  // To look at an answer consumes nothing.
  usageOf: () => NO_USAGE,
  outputCharactersOf: responses.outputCharactersOf,
};
