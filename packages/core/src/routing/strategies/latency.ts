import type { PickedCall } from '../lane.js';
import type { Standing } from '../standing.js';
import type { Pick } from './pick.js';
import { drawn, runningSums } from './weighted.js';

/** A deployment that nobody asked for so long is asked again: it may have become faster. */
const STALE_MS = 10_000;

/** Those within a quarter of the fastest are as fast. */
const AS_FAST = 1.25;

/**
 * The less loaded of two among those that have been about as fast as the fastest. How fast a deployment is says what a
 * call like this one has to wait for of late, first content and output taken together, times those who wait already.
 */
export function lowestLatency(random: () => number): Pick {
  const front = keptForAWhile((open, call) => {
    const times = open.map((standing) => expectedMs(standing, call));
    const fastest = Math.min(...times.filter((ms) => ms !== undefined));
    return open.filter((_, at) => (times[at] ?? Number.POSITIVE_INFINITY) <= fastest * AS_FAST);
  });
  const stale = inPassing();
  return (open, call, now) => {
    const unknown = stale(open, now);
    if (unknown !== undefined) return unknown;
    const fast = front(open, call, now);
    if (fast.length === 0) return open[Math.floor(random() * open.length)] as Standing;
    const one = fast[Math.floor(random() * fast.length)] as Standing;
    const two = fast[Math.floor(random() * fast.length)] as Standing;
    return pressure(two, call) < pressure(one, call) ? two : one;
  };
}

/** By chance: shares grow with the weight and with the square of the speed, and nobody's falls below a fiftieth of it. */
export function adaptive(random: () => number): Pick {
  const sums = keptForAWhile((open, call) => {
    const times = open.map((standing) => expectedMs(standing, call));
    const known = times.filter((ms) => ms !== undefined);
    const fastest = Math.min(...known);
    const usual = known.length === 0 ? 1 : Math.max(1, fastest);
    return runningSums(open, (standing) => {
      const ms = Math.max(1, expectedMs(standing, call) ?? usual);
      return standing.deployment.weight * Math.max(0.02, (usual / ms) ** 2);
    });
  });
  return (open, call, now) => drawn(open, sums(open, call, now), random());
}

/** How long a call like this one takes of late, were it alone; undefined where nobody knows. */
export function expectedMs(standing: Standing, call: PickedCall): number | undefined {
  const whole = standing.health.whole.average;
  if (!call.stream && whole !== undefined) return whole;
  const first = standing.health.firstContent.average;
  if (first === undefined) return whole;
  return first + call.outputTokens * (standing.health.perToken.average ?? 0);
}

/** Busy ones are slower than they have been. */
function pressure(standing: Standing, call: PickedCall): number {
  return ((expectedMs(standing, call) ?? 0) * (standing.health.inFlight + 1)) / standing.deployment.weight;
}

/** Keeps what `make` works out of a list for a while: looking at all of them costs the more calls the more they are. */
function keptForAWhile<T>(make: (open: readonly Standing[], call: PickedCall) => T) {
  let list: readonly Standing[] | undefined;
  let wasStream = false;
  let uses = 0;
  let madeAt = 0;
  let made: T;
  return (open: readonly Standing[], call: PickedCall, now: number): T => {
    const isFresh = open === list && call.stream === wasStream && uses < open.length && now - madeAt < 250;
    if (isFresh) uses += 1;
    else {
      made = make(open, call);
      [list, wasStream, uses, madeAt] = [open, call.stream, 0, now];
    }
    return made;
  };
}

/** Looks at one deployment a call, in turn: one that nobody asked for long, unless somebody does right now. */
function inPassing() {
  let turn = 0;
  return (open: readonly Standing[], now: number): Standing | undefined => {
    turn = (turn + 1) % open.length;
    const standing = open[turn] as Standing;
    const isStale = now - standing.health.askedAt >= STALE_MS || now < standing.health.askedAt;
    return isStale && standing.health.inFlight === 0 ? standing : undefined;
  };
}
