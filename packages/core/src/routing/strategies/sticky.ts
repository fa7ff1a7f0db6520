import type { DeploymentState } from '../deployment-state.js';
import { cachedFor, type Selector } from './selector.js';

/** Points on the ring per share: enough to keep shares within about a tenth of their target. */
const POINTS = 100;

/** On the whole ring, so that many deployments do not make it slow to build. */
const MAX_POINTS = 4_000;

/**
 * The same deployment for the same key: consistent hashing, so that a deployment that goes into cooldown or is added
 * only moves its own keys (Karger et al., 1997).
 */
export function sticky(): Selector {
  const ringOf = cachedFor(makeRing);
  return (open, call, now) => {
    const { points, owners } = ringOf(open, now);
    const sought = hash(call.stickyKey());
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] as number) >= sought) high = middle;
      else low = middle + 1;
    }
    return owners[low % owners.length] as DeploymentState;
  };
}

function makeRing(open: readonly DeploymentState[]): { points: Uint32Array; owners: readonly DeploymentState[] } {
  const weights = open.map(({ deployment }) => deployment.weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const each = Math.min(POINTS / Math.min(...weights), MAX_POINTS / total);
  const marks: { point: number; owner: DeploymentState }[] = [];
  for (const owner of open) {
    const { id, weight } = owner.deployment;
    const count = Math.max(1, Math.round(each * weight));
    for (let ownerTag = 0; ownerTag < count; ownerTag++) marks.push({ point: hash(`${id}#${ownerTag}`), owner });
  }
  marks.sort((a, b) => a.point - b.point);
  return { points: Uint32Array.from(marks, ({ point }) => point), owners: marks.map(({ owner }) => owner) };
}

/** FNV-1a with a final mix, 32 bits: spreads keys that differ in one digit over the whole ring. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
