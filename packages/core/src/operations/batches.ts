import type { HeldOperation } from '../held-operation.js';
import { isJsonObject } from '../json.js';
import { NO_USAGE } from '../usage.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { errorShape } from './error-shape.js';
import { momentOf } from './moment-of.js';

/** https://platform.openai.com/docs/api-reference/batch */
export const batches: HeldOperation = {
  name: 'batches',
  path: '/batches',
  kind: 'batch',
  madeOf: { field: 'input_file_id', kind: 'file' },
  errors: errorShape,
  actions: [
    { method: 'GET', below: '', answer: 'thing' },
    { method: 'POST', below: '/cancel', answer: 'thing' },
  ],
  idFields: { id: 'batch', input_file_id: 'file', output_file_id: 'file', error_file_id: 'file' },
  withMark: (batch, mark) => ({
    ...batch,
    metadata: { ...(isJsonObject(batch.metadata) ? batch.metadata : {}), [MARK]: mark },
  }),
  markOf({ metadata }) {
    const mark = isJsonObject(metadata) ? metadata[MARK] : undefined;
    return typeof mark === 'string' ? mark : undefined;
  },
  withoutMark(batch) {
    if (!isJsonObject(batch.metadata)) return batch;
    const { [MARK]: _mark, ...metadata } = batch.metadata;
    return { ...batch, metadata: Object.keys(metadata).length === 0 ? null : metadata };
  },
  consumed(batch) {
    if (!OVER.has(batch.status)) return undefined;
    const { output_file_id: output } = batch;
    return {
      usage: usageOfAnswer(batch.usage),
      answersIn: typeof output === 'string' && output !== '' ? output : undefined,
      inBatch: true,
      startedAt: momentOf(batch.created_at),
      endedAt: momentOf(batch.completed_at ?? batch.cancelled_at ?? batch.expired_at ?? batch.created_at),
    };
  },
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};

const MARK = 'portico_owner';

/** What was done until then is billed, whatever the end. */
const OVER: ReadonlySet<unknown> = new Set(['completed', 'expired', 'cancelled', 'failed']);
