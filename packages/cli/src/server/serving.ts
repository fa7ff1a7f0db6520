import type { LoadedConfig } from '@portico/config';
import type { Gateway } from '@portico/core';
import type { NodeHost } from '@portico/node';

/** What is served: a gateway, and what its configuration says besides. */
export interface Served {
  readonly gateway: Gateway<NodeHost>;
  /** The gateway's own, or with what is to look otherwise to clients. */
  readonly handle: Gateway<NodeHost>['handle'];
  readonly loaded: Pick<LoadedConfig, 'modelInfo' | 'compat'>;
}

/** Between two looks whether the last answer of a gateway that was replaced has ended. */
const LOOK_MS = 250;

/**
 * What a server serves now. A reload puts another gateway in its place in one step: each request takes the one that is there
 * when it comes and keeps it to its end, so none sees half of each (R-CFG-4).
 */
export class Serving {
  #current: Generation;
  readonly #replaced = new Set<Generation>();

  constructor(served: Served) {
    this.#current = { ...served, users: 0 };
  }

  /** Runs `answer` with what is served now; it is kept open meanwhile, whatever takes its place. */
  async use<T>(answer: (served: Served) => Promise<T>): Promise<T> {
    const generation = this.#current;
    generation.users += 1;
    try {
      return await answer(generation);
    } finally {
      generation.users -= 1;
    }
  }

  /** From now on `next` is served. What came before ends where it is, then the old gateway is closed. */
  replace(next: Served): void {
    const old = this.#current;
    this.#current = { ...next, users: 0 };
    this.#replaced.add(old);
    // A gateway that is told to close refuses what it has not yet admitted: it is told when nobody is left in it.
    const timer = setInterval(() => {
      if (old.users > 0 || old.gateway.openCalls > 0) return;
      clearInterval(timer);
      void old.gateway.close().finally(() => this.#replaced.delete(old));
    }, LOOK_MS);
    timer.unref();
  }

  /** Refuses new calls, and lets those under way end for `graceMs`, on whichever gateway they are. */
  async close(graceMs?: number): Promise<void> {
    const options = graceMs === undefined ? {} : { graceMs };
    await Promise.all([this.#current, ...this.#replaced].map(({ gateway }) => gateway.close(options)));
  }
}

interface Generation extends Served {
  /** Requests that have not been answered yet; streams that have begun are open calls of the gateway. */
  users: number;
}
