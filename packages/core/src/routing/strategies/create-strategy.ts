import type { Deployment } from '../../deployment.js';
import type { Strategy } from '../../routes/strategy.js';
import { betterOfTwo, load, usedShare } from './better-of-two.js';
import { byPriority, inTurn } from './in-turn.js';
import { adaptive, lowestLatency } from './latency.js';
import { lowestCost } from './lowest-cost.js';
import type { Selector } from './selector.js';
import { sticky } from './sticky.js';
import { weighted } from './weighted.js';

export interface StrategyDeps {
  /** Its cost, for comparisons; undefined if not known. */
  priceOf(deployment: Deployment): number | undefined;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** A running strategy, with its state. */
export function createStrategy(strategy: Strategy, { priceOf, random }: StrategyDeps): Selector {
  switch (strategy.by) {
    case 'weighted':
      return weighted(random);
    case 'round-robin':
      return inTurn();
    case 'least-in-flight':
      return betterOfTwo(load, random);
    case 'lowest-latency':
      return lowestLatency(random);
    case 'lowest-cost':
      return lowestCost(priceOf, random);
    case 'lowest-usage':
      return betterOfTwo(usedShare, random);
    case 'priority':
      return byPriority();
    case 'sticky':
      return sticky();
    case 'adaptive':
      return adaptive(random);
  }
}
