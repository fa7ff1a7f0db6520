import { enterMinute } from '../deployment-health.js';
import type { PickedCall } from '../lane.js';
import type { Standing } from '../standing.js';
import type { Pick } from './pick.js';

/**
 * Two taken by chance, and the better of them: as good as looking at all, without the herd that runs to the best one
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 1996).
 */
export function betterOfTwo(
  costOf: (standing: Standing, call: PickedCall, now: number) => number,
  random: () => number,
): Pick {
  return (open, call, now) => {
    const first = Math.floor(random() * open.length);
    // Another one than the first, each as likely.
    const second = (first + 1 + Math.floor(random() * (open.length - 1))) % open.length;
    const [one, two] = [open[first] as Standing, open[second] as Standing];
    return costOf(two, call, now) < costOf(one, call, now) ? two : one;
  };
}

/** How busy it is for its weight. */
export function load({ health, deployment }: Standing): number {
  return (health.inFlight + 1) / deployment.weight;
}

/** Which share of its limits has gone this minute; without limits what has gone of nothing in particular. */
export function usedShare({ deployment, health }: Standing, _call: PickedCall, now: number): number {
  enterMinute(health, now);
  const { requestsPerMinute, tokensPerMinute } = deployment.limits ?? {};
  const requests = health.requestsInMinute / (requestsPerMinute ?? UNLIMITED);
  const tokens = health.tokensInMinute / (tokensPerMinute ?? UNLIMITED * 1_000);
  return Math.max(requests, tokens);
}

/** Requests a minute that no vendor allows. */
const UNLIMITED = 1_000_000;
