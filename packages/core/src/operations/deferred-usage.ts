import type { Usage } from '../usage/usage.js';

/** What a stored resource consumed in total: as reported by itself, or by the answers in one of its files. */
export interface DeferredUsage {
  readonly usage: Usage | undefined;
  /** The vendor's id of the file. */
  readonly outputFileId?: string | undefined;
  /** It was run as a batch, which has its own price. */
  readonly inBatch: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}
