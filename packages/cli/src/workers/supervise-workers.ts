import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { systemClock, withErrorListener } from '@portico/core';
import { memoryCounters } from '@portico/core/store';
import type { Terminal } from '../terminal.js';
import { answerCounters } from './ipc-counters.js';
import { FIRST, signalCommands, type WorkerCommand } from './worker-commands.js';

/** Delay before a worker that ended by itself is replaced. */
const PAUSE_MS = 1_000;

/**
 * Runs this program `count` times on one port, and holds the counters of all. A worker that dies is replaced; a
 * signal reaches all of them. Returns the exit code if none of them can listen, else as soon as they do.
 */
export async function superviseWorkers(count: number, terminal: Terminal): Promise<number> {
  const counters = memoryCounters(systemClock);
  let stopping = false;
  cluster.setupPrimary({ serialization: 'advanced' });

  signalCommands.onReload(() => sendToAll('reload'));
  signalCommands.onStop(() => {
    stopping = true;
    terminal.out('portico stops as soon as running answers have ended.');
    sendToAll('stop');
    const ends = workers().map((worker) => once(worker, 'exit'));
    void Promise.all(ends).then(() => process.exit(0));
  });

  const first = start({ [FIRST]: 'yes' });
  const end = once(first, 'exit').then(([code]) => (code as number | null) ?? 1);
  const failed = await Promise.race([end, once(first, 'listening').then(() => undefined)]);
  if (failed !== undefined) return failed;
  first.on('exit', () => replace(first));
  const others = Array.from({ length: count - 1 }, () => startOneToReplace());
  void Promise.all(others.map((worker) => once(worker, 'listening'))).then(() =>
    terminal.out(`${count} workers are serving.`),
  );
  return 0;

  function start(environment: Readonly<Record<string, string>> = {}): Worker {
    // One that cannot be started, or cannot be written to, also exits, and is replaced for that.
    const worker = withErrorListener(cluster.fork(environment));
    answerCounters(
      {
        // A worker that has ended needs no answer.
        send: (message) => void (worker.isConnected() && worker.send(message as object, () => undefined)),
        onMessage: (listener) => void worker.on('message', listener),
      },
      counters,
    );
    // Before it listens it reads no commands.
    worker.once('listening', () => {
      if (stopping) tell(worker, 'stop');
    });
    return worker;
  }

  function startOneToReplace(): Worker {
    const worker = start();
    worker.on('exit', () => replace(worker));
    return worker;
  }

  function replace({ id, process: { exitCode, signalCode } }: Worker): void {
    if (stopping) return;
    terminal.error(`Worker ${id} ended by itself (${signalCode ?? exitCode}) and is replaced.`);
    setTimeout(() => {
      if (!stopping) startOneToReplace();
    }, PAUSE_MS);
  }
}

function sendToAll(command: WorkerCommand): void {
  for (const worker of workers()) tell(worker, command);
}

function tell(worker: Worker, command: WorkerCommand): void {
  // A worker that has ended needs no command.
  if (worker.isConnected()) worker.send({ command }, () => undefined);
}

function workers(): readonly Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}
