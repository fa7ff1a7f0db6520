import type { Standing } from '../standing.js';
import { keptFor, type Pick } from './pick.js';

/** By chance, in proportion to the weights. */
export function weighted(random: () => number): Pick {
  const sumsOf = keptFor((open) => runningSums(open, ({ deployment }) => deployment.weight));
  return (open, _call, now) => drawn(open, sumsOf(open, now), random());
}

/** What the shares add up to, up to and with each place. */
export function runningSums(open: readonly Standing[], shareOf: (standing: Standing) => number): Float64Array {
  const sums = new Float64Array(open.length);
  let sum = 0;
  for (let at = 0; at < open.length; at++) {
    sum += shareOf(open[at] as Standing);
    sums[at] = sum;
  }
  return sums;
}

/** The one whose share holds the point, which lies between 0 and 1. */
export function drawn(open: readonly Standing[], sums: Float64Array, point: number): Standing {
  const sought = point * (sums[sums.length - 1] ?? 0);
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > sought) high = middle;
    else low = middle + 1;
  }
  return open[low] as Standing;
}
