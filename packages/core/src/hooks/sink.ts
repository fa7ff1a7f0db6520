import type { UsageRecord } from '../usage/usage-record.js';

/**
 * Receives every usage record at least once, in batches; `record.id` identifies repeats. A batch that throws or
 * rejects is offered again with backoff. While a sink is down its records are in a bounded queue, and those that do
 * not fit are passed to `spill`. Runs in the async context in which the gateway was created, never in that of a call:
 * a batch contains the records of many.
 */
export interface Sink {
  readonly name?: string;
  record(batch: readonly UsageRecord[]): void | Promise<void>;
  /**
   * Last resort for records that could not be delivered before the queue was full or the gateway closed: write them
   * to a file.
   */
  spill?(batch: readonly UsageRecord[]): void | Promise<void>;
}
