import type { Deployment } from '../../deployment.js';
import type { DeploymentState } from '../deployment-state.js';
import { load } from './better-of-two.js';
import { cachedFor, type Selector } from './selector.js';

/** Prices may change with the time of day. */
const PRICES_TTL_MS = 60_000;

/** The cheapest; of equally cheap ones the less busy of two. Deployments without a known price come last. */
export function lowestCost(priceOf: (deployment: Deployment) => number | undefined, random: () => number): Selector {
  let pricedAt = 0;
  let cheapestOf = cachedFor(cheapest);
  return (open, _call, now) => {
    if (now - pricedAt >= PRICES_TTL_MS || now < pricedAt) {
      pricedAt = now;
      cheapestOf = cachedFor(cheapest);
    }
    const equal = cheapestOf(open, now);
    const one = equal[Math.floor(random() * equal.length)] as DeploymentState;
    const two = equal[Math.floor(random() * equal.length)] as DeploymentState;
    return load(two) < load(one) ? two : one;
  };

  function cheapest(open: readonly DeploymentState[]): readonly DeploymentState[] {
    const prices = open.map(({ deployment }) => priceOf(deployment) ?? Number.POSITIVE_INFINITY);
    const lowest = Math.min(...prices);
    return open.filter((_, at) => prices[at] === lowest);
  }
}
