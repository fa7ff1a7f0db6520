import type { SelectionInput } from '../candidate-set.js';
import type { DeploymentState } from '../deployment-state.js';

/**
 * Chooses one of the available deployments; there is at least one. The list is the same object while the same ones
 * are available, so what is computed from it can be cached.
 */
export type Selector = (open: readonly DeploymentState[], call: SelectionInput, now: number) => DeploymentState;

/** Caches what `make` computes from a list while the list is the same object. */
export function cachedFor<T>(make: (open: readonly DeploymentState[], now: number) => T) {
  let list: readonly DeploymentState[] | undefined;
  let made: T;
  return (open: readonly DeploymentState[], now: number): T => {
    if (open !== list) {
      made = make(open, now);
      list = open;
    }
    return made;
  };
}
