import type { OpenCalls } from '../accounting/open-calls.js';
import type { UsageQueue } from '../accounting/usage-queue.js';
import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Plugin } from '../plugin.js';
import { Resources } from '../resources.js';
import type { Health } from '../routing/health.js';
import type { Scheduler } from '../scheduler.js';
import type { Transport } from '../transport.js';

export interface LifeParts<Host> {
  readonly plugins: readonly Plugin<Host>[];
  readonly open: OpenCalls;
  readonly queue: UsageQueue | undefined;
  readonly health: Health;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

/** How a gateway begins, with its first call, and how it ends. */
export interface Life {
  /** Acquires what it holds until it is closed, now that everything is made. */
  begin(): void;
  /** Starts the plugins, each of them once. Rejects with the first failure; those that failed are started again the next time, and those that take
   * longer than half a minute are waited for again. */
  start(): Promise<void>;
  /** The refusal of new calls while the gateway closes. */
  closing(): GatewayError | undefined;
  readonly isClosing: boolean;
  close(graceMs: number): Promise<void>;
}

/** Only a hook that does not hear the cancellation makes a call that was cut take longer. */
const CUT_CALLS_END_MS = 1_000;

/** A plugin that takes longer to start, or to close, is not waited for any more by those who wait already. */
const PLUGIN_MS = 30_000;

export function openLife<Host>(parts: LifeParts<Host>): Life {
  const { plugins, open, queue, health, scheduler, transport, clock, logger } = parts;
  const resources = new Resources(logger);
  const toStart = new Set(plugins);
  const underWay = new Map<Plugin<Host>, Promise<void>>();
  let starting: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  return {
    begin,
    start: () => (starting ??= start()),
    closing: () => (closed === undefined ? undefined : shuttingDown()),
    get isClosing() {
      return closed !== undefined;
    },
    close: (graceMs) => (closed ??= close(graceMs)),
  };

  /** What is acquired first is let go of last. */
  function begin(): void {
    try {
      resources.add('transport', () => transport.close());
      resources.add('cooldowns', () => health.close());
      health.watch();
      for (const plugin of [...plugins].reverse()) resources.add(`plugin ${plugin.name}`, () => closePlugin(plugin));
      if (queue !== undefined) resources.add('usage queue', () => queue.flush(5_000));
      scheduler.start();
    } catch (error) {
      void resources.release();
      throw error;
    }
  }

  async function start(): Promise<void> {
    // All of them settle before anybody may try again, and those that have started never start again.
    const starts = await Promise.allSettled([...toStart].map(startPlugin));
    for (const start of starts) {
      if (start.status === 'fulfilled') continue;
      starting = undefined;
      throw start.reason;
    }
  }

  async function startPlugin(plugin: Plugin<Host>): Promise<void> {
    let begun = underWay.get(plugin);
    if (begun === undefined) {
      begun = Promise.resolve(plugin.start?.());
      underWay.set(plugin, begun);
      begun.then(
        () => toStart.delete(plugin),
        () => underWay.delete(plugin),
      );
    }
    await inTime(begun, `The plugin "${plugin.name}" has not started within ${PLUGIN_MS} ms.`);
  }

  async function closePlugin(plugin: Plugin<Host>): Promise<void> {
    const done = plugin.close?.();
    if (done !== undefined) await inTime(Promise.resolve(done), `It has not closed within ${PLUGIN_MS} ms.`);
  }

  function inTime(work: Promise<void>, message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = clock.after(PLUGIN_MS, () => reject(new Error(message)));
      work.then(resolve, reject).finally(stop);
    });
  }

  async function close(graceMs: number): Promise<void> {
    const workEnded = scheduler.close(shuttingDown(), CUT_CALLS_END_MS);
    if (open.size > 0) {
      await new Promise<void>((resolve) => {
        let stop = clock.after(graceMs, () => {
          // A call that is cut writes its record as it ends, and the ledger is flushed after that.
          stop = clock.after(CUT_CALLS_END_MS, resolve);
          open.cancelAll(shuttingDown());
        });
        open.onNone(() => {
          stop();
          resolve();
        });
      });
    }
    await workEnded;
    await resources.release();
  }
}

function shuttingDown(): GatewayError {
  return new GatewayError('unavailable', 'This server is shutting down; ask again.', { retryAfterMs: 1_000 });
}
