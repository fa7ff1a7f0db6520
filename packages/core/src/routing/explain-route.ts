import type { ExplainedDeployment, ExplainedNode } from '../explanation.js';
import type { ModelGroup } from '../model-group.js';
import type { Pool, RouteNode } from '../routes/route-node.js';
import { holds } from './conditions.js';
import type { DeploymentState } from './deployment-state.js';
import { byCost, bySpeed } from './rank-nodes.js';
import type { RoutingContext } from './route-scope.js';

export type ExplainContext = Pick<
  RoutingContext<never>,
  'call' | 'candidateSets' | 'health' | 'clock' | 'find' | 'mayUse' | 'priceOf'
> & { readonly moneyOf: (state: DeploymentState) => Pick<ExplainedDeployment, 'price' | 'worstCostNanoUsd'> };

/** What a group's route would do with a call now. */
export function explainRoute(group: ModelGroup, ctx: ExplainContext, seen = new Set([group.name])): ExplainedNode {
  return explain(group.route);

  function explain(node: RouteNode): ExplainedNode {
    const { path } = node;
    switch (node.kind) {
      case 'pool':
        return {
          decision: 'deployments',
          path,
          strategy: node.strategy.by,
          deployments: ctx.candidateSets.statesOf(node).map((state) => describe(state, node)),
        };
      case 'group': {
        const next = ctx.find(node.group);
        const isOpen = next !== undefined && !seen.has(next.name) && ctx.mayUse(next);
        const route = isOpen ? explainRoute(next, ctx, new Set([...seen, next.name])) : undefined;
        return { decision: 'group', path, group: node.group, route };
      }
      case 'split': {
        const total = node.shares.reduce((sum, { weight }) => sum + weight, 0);
        const shares = node.shares.map(({ weight, to }) => ({ share: weight / total, route: explain(to) }));
        return { decision: 'split', path, shares };
      }
      case 'when': {
        const now = ctx.clock.now();
        const at = node.branches.findIndex((branch) => holds(branch.if, ctx.call, now));
        const to = node.branches[at]?.to ?? node.otherwise;
        const rule = at >= 0 ? `${path}.when[${at}]` : to && `${path}.otherwise`;
        return { decision: 'when', path, rule, route: to && explain(to) };
      }
      case 'cheapest':
        return { decision: node.kind, path, nodes: byCost(node.nodes, ctx).map(explain) };
      case 'fastest':
        return { decision: node.kind, path, nodes: bySpeed(node.nodes, ctx).map(explain) };
      default:
        return { decision: node.kind, path, nodes: node.nodes.map(explain) };
    }
  }

  function describe(state: DeploymentState, pool: Pool): ExplainedDeployment {
    const { deployment } = state;
    const { inFlight, firstContent, whole } = state.health;
    const now = ctx.clock.now();
    const returnsAt = ctx.health.returnsAt(state.health, now);
    const why = ctx.candidateSets.ineligibility(state, pool, ctx.call)?.message;
    return {
      id: deployment.id,
      provider: deployment.provider.name,
      model: deployment.model,
      why: why ?? (returnsAt > now ? 'is in cooldown or at its rate limit' : undefined),
      cooldownRemainingMs: Math.max(0, returnsAt - now),
      order: deployment.order,
      weight: deployment.weight,
      inFlight,
      firstContentMs: firstContent.average,
      wholeMs: whole.average,
      ...ctx.moneyOf(state),
      limits: deployment.limits,
    };
  }
}
