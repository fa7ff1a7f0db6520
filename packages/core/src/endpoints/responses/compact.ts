import type { UpstreamOperation } from '../../operation.js';
import { responses } from './format.js';

/** https://platform.openai.com/docs/api-reference/responses/compact: a long conversation as a short one that only its vendor reads. */
export const responsesCompact: UpstreamOperation = {
  ...responses,
  name: 'responses.compact',
  paths: ['/responses/compact'],
  stream: undefined,
  read: (body) => responses.read({ ...body, stream: false }),
  // The client stores the result itself.
  ...(responses.storage && { storage: { ...responses.storage, isStored: () => false } }),
};
