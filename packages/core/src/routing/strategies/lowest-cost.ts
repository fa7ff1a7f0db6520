import type { Deployment } from '../../deployment.js';
import type { Standing } from '../standing.js';
import { load } from './better-of-two.js';
import { keptFor, type Pick } from './pick.js';

/** Prices may change with the time of day. */
const PRICES_HOLD_MS = 60_000;

/** The cheapest, and of equally cheap ones the less busy of two. What nobody knows the price of comes last. */
export function lowestCost(priceOf: (deployment: Deployment) => number | undefined, random: () => number): Pick {
  let pricedAt = 0;
  let cheapestOf = keptFor(cheapest);
  return (open, _call, now) => {
    if (now - pricedAt >= PRICES_HOLD_MS || now < pricedAt) {
      pricedAt = now;
      cheapestOf = keptFor(cheapest);
    }
    const equal = cheapestOf(open, now);
    const one = equal[Math.floor(random() * equal.length)] as Standing;
    const two = equal[Math.floor(random() * equal.length)] as Standing;
    return load(two) < load(one) ? two : one;
  };

  function cheapest(open: readonly Standing[]): readonly Standing[] {
    const prices = open.map(({ deployment }) => priceOf(deployment) ?? Number.POSITIVE_INFINITY);
    const lowest = Math.min(...prices);
    return open.filter((_, at) => prices[at] === lowest);
  }
}
