import cluster from 'node:cluster';
import type { Channel } from './ipc-counters.js';

/** The commands of the process that started the workers. */
export type WorkerCommand = 'stop' | 'reload';

/** What controls a serving process: signals, or the process that started it. */
export interface WorkerCommands {
  onStop(stop: () => void): void;
  onReload(reload: () => void): void;
}

/** Signals; a second stop signal does not wait. */
export const signalCommands: WorkerCommands = {
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

/** The commands of the process that started this one, which alone handles signals. */
export function primaryCommands(): WorkerCommands {
  // Terminals and service managers signal every process of a group: only one of them handles it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  return { onStop: (stop) => on('stop', stop), onReload: (reload) => on('reload', reload) };

  function on(command: WorkerCommand, run: () => void): void {
    process.on('message', (message) => {
      if ((message as { readonly command?: WorkerCommand }).command === command) run();
    });
  }
}

/** This process is one of several that serve on one port. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** The one of them that reports the start. */
export function isFirstWorker(): boolean {
  return process.env[FIRST] !== undefined;
}

/** Set for the first worker only. */
export const FIRST = 'PORTICO_FIRST_WORKER';

/** A worker's channel to the process that started it. */
export const channelToPrimary: Channel = {
  // Without a callback a process that has gone would be an error event of this one. This worker ends when it has.
  send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
  onMessage: (listener) => void process.on('message', listener),
};
