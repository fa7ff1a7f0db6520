import type { Clock } from '../clock.js';
import type { Sink } from '../hooks/sink.js';
import type { Logger } from '../logger.js';
import type { UsageRecord } from '../usage/usage-record.js';
import { createSinkQueue } from './sink-queue.js';

/** Usage records on their way to the sinks, outside the request path. */
export interface UsageQueue {
  /** Adds a record for every sink. Never throws, and never calls a sink before it returns. */
  push(record: UsageRecord): void;
  /**
   * For closing: offers all queued records without delay, for at most `timeoutMs`. Records that no sink has accepted
   * then are spilled. Records may be added again afterwards.
   */
  flush(timeoutMs: number): Promise<void>;
  /** The length of the longest queue. */
  readonly pending: number;
}

export interface UsageQueueDeps {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** Runs the sinks in the context of the gateway, because a batch holds records of many calls. */
  readonly inOwnContext: <T>(run: () => T) => T;
  /** Most records in one batch. Default 100. */
  readonly maxBatch?: number;
  /**
   * Longest time a record is delayed to fill a batch, in milliseconds. The first one after a pause is not delayed.
   * Default 1,000.
   */
  readonly maxDelayMs?: number;
  /** Most queued records per sink; beyond that the oldest are spilled. Default 10,000. */
  readonly maxQueued?: number;
}

/** Opens one queue per sink. They are independent: a sink that fails or hangs does not delay the others. */
export function createUsageQueue(sinks: readonly Sink[], deps: UsageQueueDeps): UsageQueue {
  const { maxBatch = 100, maxDelayMs = 1_000, maxQueued = 10_000 } = deps;
  const queues = sinks.map((sink, index) =>
    createSinkQueue(sink, { ...deps, name: sink.name ?? `sinks[${index}]`, maxBatch, maxDelayMs, maxQueued }),
  );
  return {
    push(record) {
      for (const queue of queues) queue.push(record);
    },
    async flush(timeoutMs) {
      await Promise.all(queues.map((queue) => queue.flush(timeoutMs)));
    },
    get pending() {
      return queues.reduce((most, queue) => Math.max(most, queue.waiting), 0);
    },
  };
}
