import type { Operation } from '../../operation.js';
import { NO_USAGE } from '../../usage/usage.js';
import { errorFormat } from '../shared/error-format.js';

/** Vendors' own paths, unchanged. */
export const passThrough: Operation = {
  name: 'pass_through',
  errors: errorFormat,
  usageOf: () => NO_USAGE,
  outputCharactersOf: () => 0,
};
