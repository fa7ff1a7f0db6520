import type { PickedCall } from '../lane.js';
import type { Standing } from '../standing.js';

/**
 * Chooses one of those that may be asked; there is at least one. The list is the same object as long as the same ones may
 * be asked, so what is worked out of it can be kept.
 */
export type Pick = (open: readonly Standing[], call: PickedCall, now: number) => Standing;

/** Keeps what `make` works out of a list for as long as the list is the same. */
export function keptFor<T>(make: (open: readonly Standing[], now: number) => T) {
  let list: readonly Standing[] | undefined;
  let made: T;
  return (open: readonly Standing[], now: number): T => {
    if (open !== list) {
      made = make(open, now);
      list = open;
    }
    return made;
  };
}
