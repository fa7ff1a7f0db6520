import type { Standing } from '../standing.js';
import type { Pick } from './pick.js';

/** One after the other. */
export function inTurn(): Pick {
  let turn = -1;
  return (open) => {
    turn = (turn + 1) % open.length;
    return open[turn] as Standing;
  };
}

/** The first in the configuration of those that may be asked. */
export function byPriority(): Pick {
  return (open) => open[0] as Standing;
}
