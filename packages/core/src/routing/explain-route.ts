import type { ExplainedDeployment, ExplainedNode } from '../explanation.js';
import type { ModelGroup } from '../model-group.js';
import type { Pool, RouteNode } from '../route-node.js';
import { holds } from './conditions.js';
import { byCost, bySpeed } from './rank-nodes.js';
import type { Standing } from './standing.js';
import type { RouteMeans } from './trip.js';

export type ExplainMeans = Pick<
  RouteMeans<never>,
  'call' | 'lanes' | 'health' | 'clock' | 'find' | 'mayUse' | 'priceOf'
> & { readonly moneyOf: (standing: Standing) => Pick<ExplainedDeployment, 'price' | 'worstCostNanoUsd'> };

/** What a group's route would do with a call now. */
export function explainRoute(group: ModelGroup, means: ExplainMeans, seen = new Set([group.name])): ExplainedNode {
  return explain(group.route);

  function explain(node: RouteNode): ExplainedNode {
    const { path } = node;
    switch (node.kind) {
      case 'pool':
        return {
          decision: 'deployments',
          path,
          strategy: node.strategy.by,
          deployments: means.lanes.standingsOf(node).map((standing) => describe(standing, node)),
        };
      case 'group': {
        const next = means.find(node.group);
        const isOpen = next !== undefined && !seen.has(next.name) && means.mayUse(next);
        const route = isOpen ? explainRoute(next, means, new Set([...seen, next.name])) : undefined;
        return { decision: 'group', path, group: node.group, route };
      }
      case 'split': {
        const total = node.shares.reduce((sum, { weight }) => sum + weight, 0);
        const shares = node.shares.map(({ weight, to }) => ({ share: weight / total, route: explain(to) }));
        return { decision: 'split', path, shares };
      }
      case 'when': {
        const now = means.clock.now();
        const at = node.branches.findIndex((branch) => holds(branch.if, means.call, now));
        const to = node.branches[at]?.to ?? node.otherwise;
        const rule = at >= 0 ? `${path}.when[${at}]` : to && `${path}.otherwise`;
        return { decision: 'when', path, rule, route: to && explain(to) };
      }
      case 'cheapest':
        return { decision: node.kind, path, nodes: byCost(node.nodes, means).map(explain) };
      case 'fastest':
        return { decision: node.kind, path, nodes: bySpeed(node.nodes, means).map(explain) };
      default:
        return { decision: node.kind, path, nodes: node.nodes.map(explain) };
    }
  }

  function describe(standing: Standing, pool: Pool): ExplainedDeployment {
    const { deployment } = standing;
    const { inFlight, firstContent, whole } = standing.health;
    const now = means.clock.now();
    const returnsAt = means.health.returnsAt(standing.health, now);
    const why = means.lanes.whyNot(standing, pool, means.call)?.message;
    return {
      id: deployment.id,
      provider: deployment.provider.name,
      model: deployment.model,
      why: why ?? (returnsAt > now ? 'rests after failures, or is full' : undefined),
      restsForMs: Math.max(0, returnsAt - now),
      order: deployment.order,
      weight: deployment.weight,
      inFlight,
      firstContentMs: firstContent.average,
      wholeMs: whole.average,
      ...means.moneyOf(standing),
      limits: deployment.limits,
    };
  }
}
