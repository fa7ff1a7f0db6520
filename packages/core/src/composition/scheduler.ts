import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { MaybePromise } from '../encoding/json.js';
import type { Logger } from '../logger.js';

/** Work that the gateway does by itself, over and over. */
export interface BackgroundJob {
  /** For the log. */
  readonly name: string;
  /** Milliseconds from the start of one run to that of the next; the first comes after as long. */
  readonly everyMs: number;
  /** The next run need not wait until this one has ended. Default false: a run that would begin meanwhile is left out. */
  readonly mayOverlap?: boolean;
  /** Does the work once. `cancellation` says when nobody needs it any more. What it throws is logged. */
  run(cancellation: Cancellation): MaybePromise<void>;
}

/** Runs all background work of a gateway: nothing before `start`, and nothing after `close`. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #logger: Logger | undefined;
  readonly #jobs = new Map<BackgroundJob, Timer>();
  readonly #running = new Set<Promise<void>>();
  readonly #cancellation = new Cancellation();
  #isStarted = false;

  constructor(clock: Clock, logger: Logger | undefined) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Calling the result takes the job out again; a run that is under way goes on. */
  add(job: BackgroundJob): () => void {
    const timer: Timer = { stop: () => {}, isRunning: false };
    this.#jobs.set(job, timer);
    if (this.#isStarted) this.#wait(job, timer);
    return () => this.#remove(job);
  }

  start(): void {
    if (this.#isStarted || this.#cancellation.cancelled) return;
    this.#isStarted = true;
    for (const [job, timer] of this.#jobs) this.#wait(job, timer);
  }

  /** Begins nothing more, cancels what is under way for `reason`, and waits until it has ended, but no longer than `graceMs`. */
  async close(reason: unknown, graceMs: number): Promise<void> {
    for (const job of this.#jobs.keys()) this.#remove(job);
    this.#cancellation.cancel(reason);
    if (this.#running.size === 0) return;
    let stop = () => {};
    const late = new Promise<void>((resolve) => {
      stop = this.#clock.after(graceMs, resolve);
    });
    await Promise.race([late, Promise.all(this.#running)]);
    stop();
  }

  #remove(job: BackgroundJob): void {
    this.#jobs.get(job)?.stop();
    this.#jobs.delete(job);
  }

  #wait(job: BackgroundJob, timer: Timer): void {
    if (this.#cancellation.cancelled || !this.#jobs.has(job)) return;
    timer.stop = this.#clock.after(job.everyMs, () => {
      this.#wait(job, timer);
      if (timer.isRunning && job.mayOverlap !== true) return;
      const run = this.#run(job, timer);
      this.#running.add(run);
      void run.then(() => this.#running.delete(run));
    });
  }

  async #run(job: BackgroundJob, timer: Timer): Promise<void> {
    timer.isRunning = true;
    try {
      await job.run(this.#cancellation);
    } catch (error) {
      this.#logger?.error({ err: error, job: job.name }, 'Background work failed.');
    } finally {
      timer.isRunning = false;
    }
  }
}

interface Timer {
  stop: () => void;
  isRunning: boolean;
}
