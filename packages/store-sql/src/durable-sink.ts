import { type Clock, type Logger, type Sink, systemClock } from '@portico/core';
import type { AppendOptions, LedgerRecord, UsageStore } from '@portico/core/store';
import { openSpillFolder, type SpillFile } from './spill-folder.js';

export interface DurableSinkOptions extends AppendOptions {
  /** A folder of its own on a disk that outlives the process; made where it is not there. Instances may share one. */
  readonly folder: string;
  /** How long a batch waits for the ledger before it goes to a file, in milliseconds. Default 1,000. */
  readonly patienceMs?: number | undefined;
  /** Most bytes in files. Beyond it batches are refused, and wait in the queue of the gateway. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** A sink that keeps every batch it has taken, whatever becomes of the ledger and of the process. */
export interface DurableSink extends Sink {
  record(batch: readonly LedgerRecord[]): Promise<void>;
  spill(batch: readonly LedgerRecord[]): Promise<void>;
  /** Bytes that wait in files. */
  readonly waitingBytes: number;
  /** Resolves when what was in files of processes that are gone has been looked for once, and taken to the ledger where it took it. */
  readonly replayed: Promise<void>;
  /** Stops replaying. What is in files stays there for the next start. */
  close(): Promise<void>;
}

const REPLAY_BATCH = 500;
const REPLAY_PATIENCE_MS = 30_000;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;
const LOOK_EVERY_MS = 30_000;
const GIB = 2 ** 30;

/**
 * Writes usage records to a ledger: a batch that it does not take in time goes to a file, and from there to the ledger
 * once it takes records again, also in the next process. What a process that is killed can lose are the records that the
 * gateway has not yet offered: those of the last second (its queue's `maxDelayMs`), and a batch that waits for a slow
 * ledger at that moment (`patienceMs`).
 */
export function durableSink(ledger: Pick<UsageStore, 'append'>, options: DurableSinkOptions): DurableSink {
  const { folder, patienceMs = 1_000, maxBytes = GIB, logger, clock = systemClock, outbox } = options;
  const files = openSpillFolder(folder, REPLAY_BATCH);
  const ended: SpillFile[] = [];
  let isDown = false;
  /** Batches that the ledger did not take: where another comes while files are replayed, it is not well again. */
  let troubles = 0;
  let failures = 0;
  let isClosed = false;
  let running: Promise<void> | undefined;
  let stopTimer = () => {};
  /** To end waits for a ledger that hangs. */
  const waiting = new Set<() => void>();

  async function toLedger(batch: readonly LedgerRecord[]): Promise<void> {
    await ledger.append(batch, { outbox });
  }

  async function toFile(batch: readonly LedgerRecord[]): Promise<void> {
    if (files.bytes >= maxBytes)
      throw new Error(`${files.bytes} bytes of usage records wait in ${folder}: no more are taken.`);
    await files.append(batch);
  }

  /** Everything that is in files goes to the ledger, until it refuses. What comes meanwhile goes after it. */
  async function replay(): Promise<void> {
    for (;;) {
      const before = troubles;
      const present = await files.rotate();
      if (present !== undefined) ended.push(present);
      ended.push(...(await files.adopt()));
      const [file] = ended;
      if (isClosed) return;
      if (file === undefined) {
        if (troubles === before) break;
        continue;
      }
      const { unreadable } = await files.replay(file, (batch) => inTime(toLedger(batch), REPLAY_PATIENCE_MS));
      ended.shift();
      if (unreadable > 0) {
        logger?.error({ file: file.path, unreadable }, 'Lines of a file of usage records could not be read.');
      }
    }
    if (isDown) logger?.info({ folder }, 'The ledger takes records again; all that waited in files are in it.');
    isDown = false;
    failures = 0;
  }

  function replayNow(): Promise<void> {
    running ??= replay()
      .catch((error: unknown) => {
        failures += 1;
        isDown = true;
        logger?.warn({ err: error, bytes: files.bytes, failures }, 'Usage records wait in files.');
      })
      .finally(() => {
        running = undefined;
        plan();
      });
    return running;
  }

  function plan(): void {
    stopTimer();
    if (isClosed) return;
    const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
    stopTimer = clock.after(isDown ? backoff : LOOK_EVERY_MS, () => {
      void files.touch();
      void replayNow();
    });
  }

  /** Rejects when the ledger has not taken it in time. It may still take it later: a record's id tells repeats. */
  function inTime(work: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = clock.after(ms, () => reject(new Error(`The ledger did not answer within ${ms} ms.`)));
      const giveUp = () => reject(new Error('The sink was closed.'));
      waiting.add(giveUp);
      const end = () => {
        stop();
        waiting.delete(giveUp);
      };
      work.then(resolve, reject).finally(end);
    });
  }

  return {
    name: 'ledger',
    async record(batch) {
      if (isDown) {
        await toFile(batch);
        return;
      }
      try {
        await inTime(toLedger(batch), patienceMs);
      } catch (error) {
        logger?.warn({ err: error, records: batch.length }, 'The ledger took no usage records: they go to a file.');
        isDown = true;
        troubles += 1;
        await toFile(batch);
        if (running === undefined) plan();
      }
    },
    spill: (batch) => files.append(batch),
    get waitingBytes() {
      return files.bytes;
    },
    replayed: replayNow(),
    async close() {
      isClosed = true;
      stopTimer();
      for (const giveUp of waiting) giveUp();
      await running;
      await files.close();
    },
  };
}
