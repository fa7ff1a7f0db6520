import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process still holds. */
export interface Leftovers {
  /** Sockets, by the name Node has for them. */
  readonly sockets: number;
  readonly timers: number;
  readonly heapBytes: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Counts them when what has just been let go is gone. */
export async function leftovers(): Promise<Leftovers> {
  // Sockets are closed a moment after they are destroyed, and what they held is free the moment after that.
  await sleep(100);
  collectGarbage();
  const resources = process.getActiveResourcesInfo();
  return {
    sockets: resources.filter((name) => name === 'TCPSocketWrap').length,
    timers: resources.filter((name) => name === 'Timeout').length,
    heapBytes: process.memoryUsage().heapUsed,
  };
}
