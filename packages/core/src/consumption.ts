import type { Usage } from './usage.js';

/** What a thing that a vendor keeps consumed in its life: told by itself, or by the answers in a file of its. */
export interface Consumption {
  readonly usage: Usage | undefined;
  /** The vendor's id of the file. */
  readonly answersIn?: string | undefined;
  /** Done in a batch, which has its own price. */
  readonly inBatch: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}
