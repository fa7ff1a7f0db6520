import type { OpenCalls } from '../accounting/open-calls.js';
import type { UsageQueue } from '../accounting/usage-queue.js';
import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Plugin } from '../plugin.js';
import type { Health } from '../routing/health.js';
import type { Transport } from '../transport.js';

export interface LifeParts<Host> {
  readonly plugins: readonly Plugin<Host>[];
  readonly open: OpenCalls;
  readonly queue: UsageQueue | undefined;
  readonly health: Health;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
}

/** How a gateway begins, with its first call, and how it ends. */
export interface Life {
  /** Starts the plugins, each of them once. Rejects with the first failure; those that failed are started again the next time. */
  start(): Promise<void>;
  /** The refusal of new calls while the gateway closes. */
  closing(): GatewayError | undefined;
  readonly isClosing: boolean;
  close(graceMs: number): Promise<void>;
}

/** Only a hook that does not hear the cancellation makes a call that was cut take longer. */
const CUT_CALLS_END_MS = 1_000;

export function openLife<Host>({ plugins, open, queue, health, transport, clock, logger }: LifeParts<Host>): Life {
  const toStart = new Set(plugins);
  let starting: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  return {
    start: () => (starting ??= start()),
    closing: () => (closed === undefined ? undefined : shuttingDown()),
    get isClosing() {
      return closed !== undefined;
    },
    close: (graceMs) => (closed ??= close(graceMs)),
  };

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
    await plugin.start?.();
    toStart.delete(plugin);
  }

  async function close(graceMs: number): Promise<void> {
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
    await queue?.flush(5_000);
    for (const plugin of plugins) {
      try {
        await plugin.close?.();
      } catch (error) {
        logger?.error({ err: error, plugin: plugin.name }, 'A plugin failed to close.');
      }
    }
    health.close();
    await transport.close();
  }
}

function shuttingDown(): GatewayError {
  return new GatewayError('unavailable', 'This server is shutting down; ask again.', { retryAfterMs: 1_000 });
}
