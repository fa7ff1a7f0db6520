import type { Operation } from '../operation.js';
import { NO_USAGE } from '../usage.js';
import { errorShape } from './error-shape.js';

/** Vendors' own paths, as they are. */
export const passThrough: Operation = {
  name: 'pass_through',
  errors: errorShape,
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};
