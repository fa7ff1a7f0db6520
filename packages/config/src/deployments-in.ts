import type { DeploymentConfig } from '@portico/core';

/** The deployments that a model has itself, at whatever depth of its route; other models that it leads to are none. */
export function deploymentsIn(model: unknown, isModel: (name: string) => boolean): readonly DeploymentConfig[] {
  if (typeof model === 'string') return [model];
  if (Array.isArray(model)) return model as readonly DeploymentConfig[];
  if (typeof model !== 'object' || model === null) return [];
  const { deployments = [], route = [] } = model as { readonly deployments?: unknown; readonly route?: unknown };
  return [...deploymentsIn(deployments, isModel), ...inRoute(route)];

  /** Where a name may be that of another model. */
  function inRoute(node: unknown): readonly DeploymentConfig[] {
    if (typeof node === 'string') return isModel(node) ? [] : [node];
    if (Array.isArray(node)) return node.flatMap(inRoute);
    if (typeof node !== 'object' || node === null) return [];
    return Object.entries(node).flatMap(([key, below]) => {
      if (key === 'deployments') return deploymentsIn(below, isModel);
      return LEADS.has(key) ? inRoute(below) : [];
    });
  }
}

/** Keys of the nodes of routes behind which there are others. */
const LEADS = new Set(['single', 'split', 'to', 'fallback', 'when', 'otherwise', 'race', 'cheapest', 'fastest']);
