import type { Call } from '../call.js';
import type { Pool, RouteNode, Split } from '../routes/route-node.js';
import type { StickyKey } from '../routes/strategy.js';
import type { SelectionInput } from './candidate-set.js';
import type { RoutingContext } from './route-scope.js';
import { stickyKeyOf } from './sticky-key.js';
import { expectedMs } from './strategies/latency.js';

/** The children of a split in the order in which they are tried: each chosen at random by weight among the rest. */
export function weightedShuffle({ shares }: Split, random: () => number): readonly RouteNode[] {
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

type RankContext = Pick<RoutingContext<never>, 'call' | 'candidateSets' | 'find' | 'priceOf'>;

/** The cheapest first; nodes without a known price last. */
export function byCost(nodes: readonly RouteNode[], ctx: RankContext): readonly RouteNode[] {
  return ranked(nodes, ctx, ({ deployments }) => Math.min(...deployments.map((each) => ctx.priceOf(each) ?? NEVER)));
}

/** The fastest first, by recent calls; nodes that were never tried come before all others, to measure them. */
export function bySpeed(nodes: readonly RouteNode[], ctx: RankContext): readonly RouteNode[] {
  const call = selectionInput(ctx.call, 'principal');
  return ranked(nodes, ctx, (pool) =>
    Math.min(...ctx.candidateSets.statesOf(pool).map((state) => expectedMs(state, call) ?? 0)),
  );
}

/** What a strategy may know about a call. */
export function selectionInput(call: Call, key: StickyKey): SelectionInput {
  const { stream, maxOutputTokens } = call.summary;
  return {
    stream,
    outputTokens: Math.min(maxOutputTokens ?? USUAL_OUTPUT_TOKENS, USUAL_OUTPUT_TOKENS),
    stickyKey: () => stickyKeyOf(call, key),
  };
}

/** Most answers are a few paragraphs; a higher limit says little about this one. */
const USUAL_OUTPUT_TOKENS = 300;

const NEVER = Number.MAX_VALUE;

function ranked(nodes: readonly RouteNode[], ctx: RankContext, scoreOf: (pool: Pool) => number): readonly RouteNode[] {
  return nodes
    .map((node) => ({ node, score: Math.min(NEVER, ...poolsBelow(node, ctx, new Set()).map(scoreOf)) }))
    .sort((a, b) => a.score - b.score)
    .map(({ node }) => node);
}

/** Every pool that a node refers to. */
function poolsBelow(node: RouteNode, ctx: RankContext, seen: Set<string>): Pool[] {
  switch (node.kind) {
    case 'pool':
      return [node];
    case 'group': {
      const group = ctx.find(node.group);
      if (group === undefined || seen.has(node.group)) return [];
      return poolsBelow(group.route, ctx, seen.add(node.group));
    }
    case 'split':
      return node.shares.flatMap(({ to }) => poolsBelow(to, ctx, seen));
    case 'when':
      return [...node.branches.map(({ to }) => to), ...(node.otherwise ? [node.otherwise] : [])].flatMap((each) =>
        poolsBelow(each, ctx, seen),
      );
    default:
      return node.nodes.flatMap((each) => poolsBelow(each, ctx, seen));
  }
}
