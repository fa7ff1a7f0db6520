import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { ModelGroup } from '../model-group.js';
import { UPSTREAM_OPERATIONS, type UpstreamOperationName } from '../operation.js';

/** Who can serve what, worked out once at boot. */
export interface RouteTable {
  readonly groups: ReadonlyMap<string, ModelGroup>;
  /** Deployments of a group that can serve an operation; empty if none can. */
  deploymentsFor(group: ModelGroup, operation: UpstreamOperationName): readonly Deployment[];
}

export function buildRouteTable(groups: readonly ModelGroup[]): RouteTable {
  const byOperation = new Map<ModelGroup, Partial<Record<UpstreamOperationName, readonly Deployment[]>>>();
  for (const group of groups) {
    byOperation.set(group, Object.fromEntries(UPSTREAM_OPERATIONS.map((name) => [name, serving(group, name)])));
  }
  return {
    groups: new Map(groups.map((group) => [group.name, group])),
    deploymentsFor: (group, operation) => byOperation.get(group)?.[operation] ?? [],
  };
}

/** The refusal of a group that has nobody for an operation: says who is there and what they can. */
export function nobodyServes(group: ModelGroup, operation: UpstreamOperationName): GatewayError {
  const has = group.deployments.map((d) => `${d.id} (${Object.keys(d.codecs).join(', ')})`).join(', ');
  return new GatewayError(
    'invalid_input',
    `No deployment of "${group.name}" supports "${operation}". It has: ${has}.`,
    {
      param: 'model',
      code: 'unsupported_operation',
    },
  );
}

function serving(group: ModelGroup, operation: UpstreamOperationName): readonly Deployment[] {
  return group.deployments.filter(
    (deployment) => deployment.codecs[operation] !== undefined && deployment.connection.paths[operation] !== undefined,
  );
}
