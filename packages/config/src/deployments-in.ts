import type { DeploymentConfig } from '@portico/core';

/** The deployments of a model itself, at any depth of its route, without those of other models. */
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

/** Keys of route nodes that contain other nodes. */
const LEADS = new Set(['single', 'split', 'to', 'fallback', 'when', 'otherwise', 'race', 'cheapest', 'fastest']);
