import type { DeploymentConfig } from '@portico/core';

/** The deployments that a model has itself, at whatever depth of its route; other models that it leads to are none. */
export function deploymentsIn(model: unknown, isModel: (name: string) => boolean): readonly DeploymentConfig[] {
  if (typeof model === 'string') return isModel(model) ? [] : [model];
  if (Array.isArray(model)) return model.flatMap((item) => deploymentsIn(item, isModel));
  if (typeof model !== 'object' || model === null) return [];
  if (Object.hasOwn(model, 'model')) return [model as DeploymentConfig];
  return Object.entries(model).flatMap(([key, below]) => (LEADS.has(key) ? deploymentsIn(below, isModel) : []));
}

/** Keys of models, and of the nodes of their routes, behind which there are others. */
const LEADS = new Set([
  'deployments',
  'route',
  'single',
  'split',
  'to',
  'fallback',
  'when',
  'otherwise',
  'race',
  'cheapest',
  'fastest',
]);
