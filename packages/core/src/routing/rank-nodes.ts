import type { Call } from '../call.js';
import type { Pool, RouteNode, Split } from '../route-node.js';
import type { StickyKey } from '../strategy.js';
import type { PickedCall } from './lane.js';
import { stickyKeyOf } from './sticky-key.js';
import { expectedMs } from './strategies/latency.js';
import type { RouteMeans } from './trip.js';

/** The children of a split in the order in which they are asked: each draw by weight among those that are left. */
export function drawOrder({ shares }: Split, random: () => number): readonly RouteNode[] {
  const left = [...shares];
  const order: RouteNode[] = [];
  while (left.length > 0) {
    let point = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    let at = 0;
    while (at < left.length - 1 && point >= (left[at]?.weight ?? 0)) point -= left[at++]?.weight ?? 0;
    order.push(...left.splice(at, 1).map(({ to }) => to));
  }
  return order;
}

type RankMeans = Pick<RouteMeans<never>, 'call' | 'lanes' | 'find' | 'priceOf'>;

/** The cheapest first; nodes of which nobody knows the price last. */
export function byCost(nodes: readonly RouteNode[], means: RankMeans): readonly RouteNode[] {
  return ranked(nodes, means, ({ deployments }) =>
    Math.min(...deployments.map((each) => means.priceOf(each) ?? NEVER)),
  );
}

/** The fastest of late first; nodes that nobody has asked yet before all others, to get to know them. */
export function bySpeed(nodes: readonly RouteNode[], means: RankMeans): readonly RouteNode[] {
  const call = pickedCall(means.call, 'principal');
  return ranked(nodes, means, (pool) =>
    Math.min(...means.lanes.standingsOf(pool).map((standing) => expectedMs(standing, call) ?? 0)),
  );
}

/** What a strategy may know of a call. */
export function pickedCall(call: Call, key: StickyKey): PickedCall {
  const { stream, maxOutputTokens } = call.demand;
  return {
    stream,
    outputTokens: Math.min(maxOutputTokens ?? USUAL_OUTPUT_TOKENS, USUAL_OUTPUT_TOKENS),
    stickyKey: () => stickyKeyOf(call, key),
  };
}

/** Most answers are a few paragraphs; a bound that is higher says little about this one. */
const USUAL_OUTPUT_TOKENS = 300;

const NEVER = Number.MAX_VALUE;

function ranked(nodes: readonly RouteNode[], means: RankMeans, scoreOf: (pool: Pool) => number): readonly RouteNode[] {
  return nodes
    .map((node) => ({ node, score: Math.min(NEVER, ...poolsBelow(node, means, new Set()).map(scoreOf)) }))
    .sort((a, b) => a.score - b.score)
    .map(({ node }) => node);
}

/** Every pool that a node leads to. */
function poolsBelow(node: RouteNode, means: RankMeans, seen: Set<string>): Pool[] {
  switch (node.kind) {
    case 'pool':
      return [node];
    case 'group': {
      const group = means.find(node.group);
      if (group === undefined || seen.has(node.group)) return [];
      return poolsBelow(group.route, means, seen.add(node.group));
    }
    case 'split':
      return node.shares.flatMap(({ to }) => poolsBelow(to, means, seen));
    case 'when':
      return [...node.branches.map(({ to }) => to), ...(node.otherwise ? [node.otherwise] : [])].flatMap((each) =>
        poolsBelow(each, means, seen),
      );
    default:
      return node.nodes.flatMap((each) => poolsBelow(each, means, seen));
  }
}
