import type { ResourceOperation } from '../../operations/resource-operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { errorFormat } from '../shared/error-format.js';

/** https://platform.openai.com/docs/api-reference/files */
export const files: ResourceOperation = {
  name: 'files',
  path: '/files',
  kind: 'file',
  madeOf: 'form',
  errors: errorFormat,
  actions: [
    { method: 'GET', below: '', answer: 'thing' },
    { method: 'DELETE', below: '', answer: 'thing' },
    { method: 'GET', below: '/content', answer: 'bytes' },
  ],
  idFields: { id: 'file' },
  withOwnerTag: (file, ownerTag) => ({ ...file, filename: `pt-${ownerTag}-${String(file.filename)}` }),
  // The only place for the tag in a file is its name.
  ownerTagOf: ({ filename }) => (typeof filename === 'string' ? MARKED.exec(filename)?.[1] : undefined),
  withoutOwnerTag(file) {
    const { filename } = file;
    return typeof filename === 'string' ? { ...file, filename: filename.replace(MARKED, '') } : file;
  },
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};

const MARKED = /^pt-([\w-]{16})-/;
