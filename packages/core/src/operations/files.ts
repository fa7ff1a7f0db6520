import type { HeldOperation } from '../held-operation.js';
import { NO_USAGE } from '../usage.js';
import { errorShape } from './error-shape.js';

/** https://platform.openai.com/docs/api-reference/files */
export const files: HeldOperation = {
  name: 'files',
  path: '/files',
  kind: 'file',
  madeOf: 'form',
  errors: errorShape,
  actions: [
    { method: 'GET', below: '', answer: 'thing' },
    { method: 'DELETE', below: '', answer: 'thing' },
    { method: 'GET', below: '/content', answer: 'bytes' },
  ],
  idFields: { id: 'file' },
  withMark: (file, mark) => ({ ...file, filename: `pt-${mark}-${String(file.filename)}` }),
  // A file has no place of its own for it but its name.
  markOf: ({ filename }) => (typeof filename === 'string' ? MARKED.exec(filename)?.[1] : undefined),
  withoutMark(file) {
    const { filename } = file;
    return typeof filename === 'string' ? { ...file, filename: filename.replace(MARKED, '') } : file;
  },
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};

const MARKED = /^pt-([\w-]{16})-/;
