import cluster from 'node:cluster';
import type { Channel } from './counters-over-channel.js';

/** What the process that started the workers tells them. */
export type Order = 'stop' | 'reload';

/** What steers a serving process: signals, or the process that started it. */
export interface Orders {
  onStop(stop: () => void): void;
  onReload(reload: () => void): void;
}

/** Signals; a second one to stop does not wait. */
export const ordersBySignals: Orders = {
  onStop(stop) {
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(1);
        stopping = true;
        stop();
      });
    }
  },
  onReload: (reload) => void process.on('SIGHUP', reload),
};

/** What the process that started this one says; signals are its business alone. */
export function ordersOfPrimary(): Orders {
  // Terminals and service managers signal every process of a group: only one of them decides what that means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  return { onStop: (stop) => on('stop', stop), onReload: (reload) => on('reload', reload) };

  function on(order: Order, run: () => void): void {
    process.on('message', (message) => {
      if ((message as { readonly order?: Order }).order === order) run();
    });
  }
}

/** This process is one of several that serve on one port. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** The one of them that speaks for all at the start. */
export function isFirstWorker(): boolean {
  return process.env[FIRST] !== undefined;
}

/** Set for the first worker alone. */
export const FIRST = 'PORTICO_FIRST_WORKER';

/** A worker's way to the process that started it. */
export const channelToPrimary: Channel = {
  // Without a callback a process that has gone would be an error event of this one. This worker ends when it has.
  send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
  onMessage: (listener) => void process.on('message', listener),
};
