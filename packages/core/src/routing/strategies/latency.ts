import type { SelectionInput } from '../candidate-set.js';
import type { DeploymentState } from '../deployment-state.js';
import type { Selector } from './selector.js';
import { drawn, runningSums } from './weighted.js';

/** A deployment that was not used for this long is tried again: it may have become faster. */
const STALE_MS = 10_000;

/** Those within a quarter of the fastest count as equal. */
const AS_FAST = 1.25;

/**
 * The less loaded of two among those that are about as fast as the fastest. Speed is the recent time that a call like
 * this one would take, first content plus output, multiplied by the number of calls in progress.
 */
export function lowestLatency(random: () => number): Selector {
  const front = cachedForAWhile((open, call) => {
    const times = open.map((state) => expectedMs(state, call));
    const fastest = Math.min(...times.filter((ms) => ms !== undefined));
    return open.filter((_, at) => (times[at] ?? Number.POSITIVE_INFINITY) <= fastest * AS_FAST);
  });
  const stale = inPassing();
  return (open, call, now) => {
    const unknown = stale(open, now);
    if (unknown !== undefined) return unknown;
    const fast = front(open, call, now);
    if (fast.length === 0) return open[Math.floor(random() * open.length)] as DeploymentState;
    const one = fast[Math.floor(random() * fast.length)] as DeploymentState;
    const two = fast[Math.floor(random() * fast.length)] as DeploymentState;
    return pressure(two, call) < pressure(one, call) ? two : one;
  };
}

/**
 * At random: shares grow with the weight and with the square of the speed, and never fall below a fiftieth of the
 * weight.
 */
export function adaptive(random: () => number): Selector {
  const sums = cachedForAWhile((open, call) => {
    const times = open.map((state) => expectedMs(state, call));
    const known = times.filter((ms) => ms !== undefined);
    const fastest = Math.min(...known);
    const usual = known.length === 0 ? 1 : Math.max(1, fastest);
    return runningSums(open, (state) => {
      const ms = Math.max(1, expectedMs(state, call) ?? usual);
      return state.deployment.weight * Math.max(0.02, (usual / ms) ** 2);
    });
  });
  return (open, call, now) => drawn(open, sums(open, call, now), random());
}

/** How long a call like this one takes recently without load; undefined if not known. */
export function expectedMs(state: DeploymentState, call: SelectionInput): number | undefined {
  const whole = state.health.whole.average;
  if (!call.stream && whole !== undefined) return whole;
  const first = state.health.firstContent.average;
  if (first === undefined) return whole;
  return first + call.outputTokens * (state.health.perToken.average ?? 0);
}

/** A busy one is slower than its recent average. */
function pressure(state: DeploymentState, call: SelectionInput): number {
  return ((expectedMs(state, call) ?? 0) * (state.health.inFlight + 1)) / state.deployment.weight;
}

/** Caches what `make` computes from a list for a while: checking all of them costs more the more there are. */
function cachedForAWhile<T>(make: (open: readonly DeploymentState[], call: SelectionInput) => T) {
  let list: readonly DeploymentState[] | undefined;
  let wasStream = false;
  let uses = 0;
  let madeAt = 0;
  let made: T;
  return (open: readonly DeploymentState[], call: SelectionInput, now: number): T => {
    const isFresh = open === list && call.stream === wasStream && uses < open.length && now - madeAt < 250;
    if (isFresh) uses += 1;
    else {
      made = make(open, call);
      [list, wasStream, uses, madeAt] = [open, call.stream, 0, now];
    }
    return made;
  };
}

/**
 * Checks one deployment per call, in turn: one that was not used for long is tried, unless another call tries it
 * right now.
 */
function inPassing() {
  let turn = 0;
  return (open: readonly DeploymentState[], now: number): DeploymentState | undefined => {
    turn = (turn + 1) % open.length;
    const state = open[turn] as DeploymentState;
    const isStale = now - state.health.askedAt >= STALE_MS || now < state.health.askedAt;
    return isStale && state.health.inFlight === 0 ? state : undefined;
  };
}
