import type { Clock } from '../clock.js';
import { isPromise } from '../encoding/json.js';
import type { Sink } from '../hooks/sink.js';
import type { Logger } from '../logger.js';
import type { UsageRecord } from '../usage/usage-record.js';

/** The queued records of one sink. */
export interface SinkQueue {
  push(record: UsageRecord): void;
  flush(timeoutMs: number): Promise<void>;
  /** Including those that were offered to the sink and not yet accepted. */
  readonly waiting: number;
}

export interface SinkQueueDeps {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  readonly inOwnContext: <T>(run: () => T) => T;
  readonly maxBatch: number;
  readonly maxDelayMs: number;
  readonly maxQueued: number;
}

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;
/**
 * A sink that has not answered for this long has failed. If it accepts the batch later, it sees the records twice,
 * with the same id.
 */
const OFFER_TIMEOUT_MS = 30_000;
const SPILL_TIMEOUT_MS = 2_000;
/** This many halves of a batch are offered without a growing pause. */
const SOON_RETRIES = 8;
/** Most records at the head of the queue that others may overtake while they are refused. */
const MAX_SET_ASIDE = 8;
/** A record is spilled when it was refused this often directly after the sink had accepted another one. */
const MAX_STRIKES = 3;

/**
 * Opens the queue of one sink. Records leave it one batch at a time, once the sink has accepted them, and in order unless the sink
 * refuses some. A batch that fails is offered again with backoff, and half as large. If a single record is refused, the one behind it
 * is offered: a sink that accepts that one works, and the refused record is the fault. It is spilled alone, so that it
 * never delays the others.
 */
export function createSinkQueue(sink: Sink, deps: SinkQueueDeps): SinkQueue {
  const { name, clock, logger, inOwnContext, maxBatch, maxDelayMs } = deps;
  // Space for one batch on offer and one to spill, so that there is always something that can be spilled.
  const maxQueued = Math.max(deps.maxQueued, 2 * maxBatch);
  const queue: UsageRecord[] = [];
  const spilling = new Set<Spill>();
  let state: 'idle' | 'pausing' | 'about_to_offer' | 'offering' | 'backing_off' = 'idle';
  let stopTimer = () => {};
  let offered = 0;
  /** Increased by every change of the queue, so that a late answer or microtask can see that it is out of date. */
  let turn = 0;
  let failures = 0;
  /** Records in the next batch at most. */
  let limit = maxBatch;
  /** Refused records at the head of the queue that the next batch leaves out. */
  let setAside = 0;
  /** The sink has just accepted a record from behind the head: what it refuses now is at fault itself. */
  let works = false;
  let strikes = 0;
  let isFlushing = false;
  let whenEmpty: (() => void)[] = [];

  function wait(nextState: typeof state, delayMs: number): void {
    stopTimer();
    state = nextState;
    turn += 1;
    const own = turn;
    if (delayMs > 0) stopTimer = clock.after(delayMs, offer);
    // A microtask instead of a timer: it also runs when the process is about to end.
    else queueMicrotask(() => own === turn && offer());
  }

  function offer(): void {
    stopTimer();
    if (queue.length === 0) {
      state = 'idle';
      const reported = whenEmpty;
      whenEmpty = [];
      for (const tell of reported) tell();
      return;
    }
    state = 'offering';
    turn += 1;
    const own = turn;
    const batch = queue.slice(setAside, setAside + limit);
    offered = batch.length;
    const failed = (cause: unknown) => own === turn && refused(cause);
    try {
      const done = inOwnContext(() => sink.record(batch));
      if (!isPromise(done)) {
        taken();
        return;
      }
      stopTimer = clock.after(OFFER_TIMEOUT_MS, () => failed(new Error(`No answer in ${OFFER_TIMEOUT_MS / 1_000} s.`)));
      done.then(() => own === turn && taken(), failed);
    } catch (cause) {
      failed(cause);
    }
  }

  function taken(): void {
    queue.splice(setAside, offered);
    offered = 0;
    failures = 0;
    works = setAside > 0;
    if (works) setAside = 0;
    else {
      strikes = 0;
      limit = Math.min(maxBatch, 2 * limit);
    }
    if (isFlushing || works || queue.length >= maxBatch) wait('about_to_offer', 0);
    else wait('pausing', maxDelayMs);
  }

  function refused(cause: unknown): void {
    offered = 0;
    const isSplit = limit > 1 && queue.length > 1;
    // Soon, unless the sink has been down for a while.
    const isSoon = isSplit && failures < SOON_RETRIES;
    const delayMs = isSoon ? FIRST_BACKOFF_MS : Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
    failures += 1;
    logger?.warn(
      { err: cause, sink: name, waiting: queue.length, failures, delayMs },
      'A sink failed. Its records are queued and will be offered again.',
    );
    if (isSplit) limit = Math.floor(Math.min(limit, queue.length) / 2);
    else if (!isSpilledAlone()) {
      const mostAside = Math.min(MAX_SET_ASIDE, queue.length - 1, maxQueued - 2);
      setAside = setAside < mostAside ? setAside + 1 : 0;
    }
    works = false;
    wait('backing_off', delayMs);
  }

  /** Whether the record at the head cannot be written although others can; it is gone then. */
  function isSpilledAlone(): boolean {
    if (!works) return false;
    strikes += 1;
    if (strikes < MAX_STRIKES) return false;
    strikes = 0;
    spill(queue.splice(0, 1), 'the sink refuses this record and accepts others');
    return true;
  }

  function spill(records: readonly UsageRecord[], why: string): void {
    if (records.length === 0) return;
    if (sink.spill === undefined) {
      drop(records, why, undefined);
      return;
    }
    try {
      const done = inOwnContext(() => sink.spill?.(records));
      logger?.warn({ sink: name, records: records.length, why }, 'Usage records are passed to the spill function.');
      if (!isPromise(done)) return;
      const under: Spill = { records, done: done.then(undefined, (cause: unknown) => drop(records, why, cause)) };
      spilling.add(under);
      void under.done.then(() => spilling.delete(under));
    } catch (cause) {
      drop(records, why, cause);
    }
  }

  /** Spills the oldest records that are not on offer. */
  function makeSpace(): void {
    const first = state === 'offering' ? setAside + offered : 0;
    if (first === 0) setAside = 0;
    spill(queue.splice(first, maxBatch), 'the queue is full');
  }

  function drop(records: readonly UsageRecord[], why: string, cause: unknown): void {
    const ids = records.map((record) => record.id);
    logger?.error(
      { err: cause, sink: name, ids, why },
      'Usage records are LOST to this sink: they could not be spilled.',
    );
  }

  async function flush(timeoutMs: number): Promise<void> {
    // The timers of the clock do not keep a process alive. While it closes, nothing else may be running, and the
    // records would be lost.
    const keepAlive = setInterval(() => {}, 60_000);
    try {
      isFlushing = true;
      failures = 0;
      if (state !== 'offering') {
        setAside = 0;
        limit = maxBatch;
      }
      if (!(await within(timeoutMs, emptied()))) {
        stopTimer();
        turn += 1;
        state = 'idle';
        offered = 0;
        setAside = 0;
        spill(queue.splice(0), 'not accepted before the gateway closed');
      }
      const spills = [...spilling];
      if (!(await within(SPILL_TIMEOUT_MS, Promise.all(spills.map((each) => each.done))))) {
        for (const each of spills)
          if (spilling.has(each)) drop(each.records, 'the spill function did not finish', undefined);
      }
    } finally {
      isFlushing = false;
      clearInterval(keepAlive);
    }
  }

  function emptied(): Promise<void> {
    return new Promise((resolve) => {
      whenEmpty.push(resolve);
      if (state !== 'offering') wait('about_to_offer', 0);
    });
  }

  /** Whether it settled in time. */
  function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = clock.after(timeoutMs, () => resolve(false));
      void work.then(() => {
        stop();
        resolve(true);
      });
    });
  }

  return {
    push(record) {
      if (queue.length >= maxQueued) makeSpace();
      queue.push(record);
      if (state === 'idle') wait('about_to_offer', 0);
      else if (state === 'pausing' && queue.length >= maxBatch) wait('about_to_offer', 0);
    },
    flush,
    get waiting() {
      return queue.length;
    },
  };
}

interface Spill {
  readonly records: readonly UsageRecord[];
  readonly done: Promise<void>;
}
