import type { UsageRecord } from './usage-record.js';

/**
 * Receives every usage record at least once, in batches; `record.id` tells repeats. A batch that throws or rejects is
 * offered again with backoff; while a sink is down its records wait in a bounded queue, and what would not fit is handed to `spill`.
 * Runs in the async context in which the gateway was made, never in that of a call: a batch holds the records of many.
 */
export interface Sink {
  readonly name?: string;
  record(batch: readonly UsageRecord[]): void | Promise<void>;
  /** Last resort for records that could not be delivered before the queue was full or the gateway closed: write them to a file. */
  spill?(batch: readonly UsageRecord[]): void | Promise<void>;
}
