import { pairedRatio } from './statistics.mjs';

/** One line of the verdict: the ratio of two targets, round by round. Without a limit it is there to be known only. */
export function ratioCheck(claim, { of, to, limit, goal }) {
  if (!of?.length || !to?.length) return { claim, limit, goal, unit: '×' };
  const { median, min, max } = pairedRatio(of, to);
  return { claim, value: median, min, max, limit, goal, unit: '×' };
}

export function valueCheck(claim, { value, unit, limit }) {
  return { claim, value, limit, unit };
}

export function verdictOf({ value, limit, goal }) {
  if (value === undefined) return 'not run';
  if (limit === undefined) return '';
  if (value > limit) return 'short';
  return goal !== undefined && value <= goal ? 'ok, goal met' : 'ok';
}
