import { isJsonObject } from '../../encoding/json.js';
import type { ResourceOperation } from '../../operations/resource-operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { errorFormat } from '../shared/error-format.js';
import { toMillis } from '../shared/to-millis.js';

/** https://platform.openai.com/docs/api-reference/batch */
export const batches: ResourceOperation = {
  name: 'batches',
  path: '/batches',
  kind: 'batch',
  madeOf: { field: 'input_file_id', kind: 'file' },
  errors: errorFormat,
  actions: [
    { method: 'GET', below: '', answer: 'thing' },
    { method: 'POST', below: '/cancel', answer: 'thing' },
  ],
  idFields: { id: 'batch', input_file_id: 'file', output_file_id: 'file', error_file_id: 'file' },
  withOwnerTag: (batch, ownerTag) => ({
    ...batch,
    metadata: { ...(isJsonObject(batch.metadata) ? batch.metadata : {}), [OWNER_TAG]: ownerTag },
  }),
  ownerTagOf({ metadata }) {
    const ownerTag = isJsonObject(metadata) ? metadata[OWNER_TAG] : undefined;
    return typeof ownerTag === 'string' ? ownerTag : undefined;
  },
  withoutOwnerTag(batch) {
    if (!isJsonObject(batch.metadata)) return batch;
    const { [OWNER_TAG]: _mark, ...metadata } = batch.metadata;
    return { ...batch, metadata: Object.keys(metadata).length === 0 ? null : metadata };
  },
  consumed(batch) {
    if (!OVER.has(batch.status)) return undefined;
    const { output_file_id: output } = batch;
    return {
      usage: usageOfAnswer(batch.usage),
      outputFileId: typeof output === 'string' && output !== '' ? output : undefined,
      inBatch: true,
      startedAt: toMillis(batch.created_at),
      endedAt: toMillis(batch.completed_at ?? batch.cancelled_at ?? batch.expired_at ?? batch.created_at),
    };
  },
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};

const OWNER_TAG = 'portico_owner';

/** Work done before a batch ended is billed, however it ended. */
const OVER: ReadonlySet<unknown> = new Set(['completed', 'expired', 'cancelled', 'failed']);
