import type { OpenCalls } from '../accounts/open-calls.js';
import type { Clock } from '../clock.js';
import type { UsageQueue } from '../delivery/usage-queue.js';
import { GatewayError } from '../errors.js';
import type { Plugin } from '../hooks/plugin.js';
import type { Revocations } from '../identity/revocations.js';
import type { Logger } from '../logger.js';
import type { Health } from '../routing/health.js';
import type { Transport } from '../transport.js';
import type { DurableStores } from './durable-stores.js';
import { Resources } from './resources.js';
import type { Scheduler } from './scheduler.js';

export interface LifecycleDeps<Host> {
  readonly plugins: readonly Plugin<Host>[];
  readonly open: OpenCalls;
  readonly queue: UsageQueue | undefined;
  readonly durable: DurableStores;
  readonly health: Health;
  readonly revocations: Revocations;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

/** How a gateway starts, with its first call, and how it stops. */
export interface Lifecycle {
  /** Acquires what it holds until it is closed, now that everything is made. */
  begin(): void;
  /** Starts the plugins, each of them once. Rejects with the first failure; those that failed are started again the next time, and those that take
   * longer than half a minute are waited for again. */
  start(): Promise<void>;
  /** The rejection of new calls while the gateway closes. */
  closing(): GatewayError | undefined;
  readonly isClosing: boolean;
  close(graceMs: number): Promise<void>;
}

/** After the cancellation, only a hook that ignores it can delay the end of a call. */
const CUT_CALLS_END_MS = 1_000;

/** A plugin that takes longer to start, or to close, is not waited for any more by those who wait already. */
const PLUGIN_MS = 30_000;

export function createLifecycle<Host>(services: LifecycleDeps<Host>): Lifecycle {
  const { plugins, open, queue, durable, health, revocations, scheduler, transport, clock, logger } = services;
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
      resources.add('revocations', () => revocations.close());
      revocations.watch();
      resources.add('stores', () => durable.close());
      durable.watch();
      for (const plugin of [...plugins].reverse()) resources.add(`plugin ${plugin.name}`, () => closePlugin(plugin));
      if (queue !== undefined) resources.add('usage queue', () => queue.flush(5_000));
      scheduler.start();
    } catch (error) {
      void resources.release();
      throw error;
    }
  }

  async function start(): Promise<void> {
    await revocations.known();
    // All of them settle before the next try, and those that have started are not started again.
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
          // A cancelled call writes its record as it ends; the ledger is flushed after that.
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
  return new GatewayError('unavailable', 'This server is shutting down. Try again.', { retryAfterMs: 1_000 });
}
