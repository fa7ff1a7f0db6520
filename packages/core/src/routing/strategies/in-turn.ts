import type { DeploymentState } from '../deployment-state.js';
import type { Selector } from './selector.js';

/** One after the other. */
export function inTurn(): Selector {
  let turn = -1;
  return (open) => {
    turn = (turn + 1) % open.length;
    return open[turn] as DeploymentState;
  };
}

/** The first available one in the configuration. */
export function byPriority(): Selector {
  return (open) => open[0] as DeploymentState;
}
