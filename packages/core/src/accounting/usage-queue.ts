import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Sink } from '../sink.js';
import type { UsageRecord } from '../usage-record.js';
import { openSinkLane } from './sink-lane.js';

/** Usage records on their way to the sinks, off the path of the answers. */
export interface UsageQueue {
  /** Takes a record for every sink. Never throws, never runs a sink before it returns. */
  push(record: UsageRecord): void;
  /**
   * For closing: offers what waits without pausing, for `timeoutMs` at most; what no sink has taken then is spilled.
   * Records may be pushed again afterwards.
   */
  flush(timeoutMs: number): Promise<void>;
  /** How many records wait for the sink that is furthest behind. */
  readonly pending: number;
}

export interface UsageQueueParts {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  /** Runs the sinks in the context of the gateway: a batch holds the records of many calls and belongs to none. */
  readonly inOwnContext: <T>(run: () => T) => T;
  /** Most records a sink is given at once. Default 100. */
  readonly maxBatch?: number;
  /** Longest a record waits for others to come. The first one after a pause does not wait. Default 1,000. */
  readonly maxDelayMs?: number;
  /** Most records that wait for one sink; beyond it the oldest are spilled. Default 10,000. */
  readonly maxQueued?: number;
}

/** Opens a queue to every sink, independent of each other: one that fails or hangs delays no other. */
export function openUsageQueue(sinks: readonly Sink[], parts: UsageQueueParts): UsageQueue {
  const { maxBatch = 100, maxDelayMs = 1_000, maxQueued = 10_000 } = parts;
  const lanes = sinks.map((sink, index) =>
    openSinkLane(sink, { ...parts, name: sink.name ?? `sinks[${index}]`, maxBatch, maxDelayMs, maxQueued }),
  );
  return {
    push(record) {
      for (const lane of lanes) lane.push(record);
    },
    async flush(timeoutMs) {
      await Promise.all(lanes.map((lane) => lane.flush(timeoutMs)));
    },
    get pending() {
      return lanes.reduce((most, lane) => Math.max(most, lane.waiting), 0);
    },
  };
}
