import type { SelectionInput } from '../candidate-set.js';
import { enterMinute } from '../deployment-health.js';
import type { DeploymentState } from '../deployment-state.js';
import type { Selector } from './selector.js';

/**
 * Two at random, and the better of them: as good as comparing all, without all callers choosing the same best one
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 1996).
 */
export function betterOfTwo(
  costOf: (state: DeploymentState, call: SelectionInput, now: number) => number,
  random: () => number,
): Selector {
  return (open, call, now) => {
    const first = Math.floor(random() * open.length);
    // Another one than the first, all equally likely.
    const second = (first + 1 + Math.floor(random() * (open.length - 1))) % open.length;
    const [one, two] = [open[first] as DeploymentState, open[second] as DeploymentState];
    return costOf(two, call, now) < costOf(one, call, now) ? two : one;
  };
}

/** Its load divided by its weight. */
export function load({ health, deployment }: DeploymentState): number {
  return (health.inFlight + 1) / deployment.weight;
}

/** The share of its limits that was used this minute; without limits compared with a fixed large number. */
export function usedShare({ deployment, health }: DeploymentState, _call: SelectionInput, now: number): number {
  enterMinute(health, now);
  const { requestsPerMinute, tokensPerMinute } = deployment.limits ?? {};
  const requests = health.requestsInMinute / (requestsPerMinute ?? UNLIMITED);
  const tokens = health.tokensInMinute / (tokensPerMinute ?? UNLIMITED * 1_000);
  return Math.max(requests, tokens);
}

/** More requests per minute than any vendor allows. */
const UNLIMITED = 1_000_000;
