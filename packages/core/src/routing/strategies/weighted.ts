import type { DeploymentState } from '../deployment-state.js';
import { cachedFor, type Selector } from './selector.js';

/** At random, in proportion to the weights. */
export function weighted(random: () => number): Selector {
  const sumsOf = cachedFor((open) => runningSums(open, ({ deployment }) => deployment.weight));
  return (open, _call, now) => drawn(open, sumsOf(open, now), random());
}

/** The running sum of the weights. */
export function runningSums(
  open: readonly DeploymentState[],
  shareOf: (state: DeploymentState) => number,
): Float64Array {
  const sums = new Float64Array(open.length);
  let sum = 0;
  for (let at = 0; at < open.length; at++) {
    sum += shareOf(open[at] as DeploymentState);
    sums[at] = sum;
  }
  return sums;
}

/** The one whose share contains the point, which is between 0 and 1. */
export function drawn(open: readonly DeploymentState[], sums: Float64Array, point: number): DeploymentState {
  const sought = point * (sums[sums.length - 1] ?? 0);
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > sought) high = middle;
    else low = middle + 1;
  }
  return open[low] as DeploymentState;
}
