import type { Clock } from '../../src/clock.js';

/** What happens at the same moment happens in one turn of the event loop, so that nothing settles in between. */
export interface Turns {
  /** Runs `what` after `ms`, in one turn with all else that is due then, and `late` microtasks into it. */
  after(ms: number, late: number, what: () => void): void;
}

/** All moments are multiples of this, so that many things happen at the same one. */
export const GRID_MS = 10;

export function createTurns(clock: Clock, startedAt: number): Turns {
  const buckets = new Map<number, { readonly late: number; readonly what: () => void }[]>();
  return {
    after(ms, late, what) {
      const at = Math.ceil((clock.now() - startedAt + ms) / GRID_MS) * GRID_MS;
      const bucket = buckets.get(at);
      if (bucket !== undefined) return void bucket.push({ late, what });
      const all = [{ late, what }];
      buckets.set(at, all);
      clock.after(at - (clock.now() - startedAt), () => {
        buckets.delete(at);
        for (const each of all) afterMicrotasks(each.late, each.what);
      });
    },
  };
}

export function afterMicrotasks(count: number, what: () => void): void {
  if (count <= 0) what();
  else queueMicrotask(() => afterMicrotasks(count - 1, what));
}
