import type { Deployment } from '../deployment.js';
import type { ModelGroup } from '../model-group.js';
import type { ModelPattern } from '../settings/model-pattern.js';
import { createBoundedCache } from './bounded-cache.js';

/** The groups by name: those with full names are built at start, those of patterns on their first request. */
export interface RouteTable {
  /** Groups with a full name, in the order of the configuration. */
  readonly groups: ReadonlyMap<string, ModelGroup>;
  /** Longest first. */
  readonly patterns: readonly ModelPattern[];
  /**
   * The group that serves a name; undefined if there is none. Throws `model_not_found` if a pattern matches and no
   * deployment is possible.
   */
  find(name: string): ModelGroup | undefined;
  /** A deployment by its id, and the group it serves; undefined if there is none. */
  findTarget(deploymentId: string): DeploymentTarget | undefined;
}

export interface DeploymentTarget {
  readonly deployment: Deployment;
  readonly group: ModelGroup;
}

/** Clients choose these names, so their number must be limited. */
const MOST_KEPT = 1_000;

export function buildRouteTable(named: readonly ModelGroup[], patterns: readonly ModelPattern[]): RouteTable {
  const groups = new Map(named.map((group) => [group.name, group]));
  const targets = new Map(
    named.flatMap((group) => group.deployments.map((deployment) => [deployment.id, { deployment, group }])),
  );
  const cached = createBoundedCache<ModelGroup>(MOST_KEPT);

  return {
    groups,
    patterns,
    find,
    findTarget: (id) => targets.get(id) ?? (patterns.length > 0 ? targetOfPattern(id) : undefined),
  };

  function find(name: string): ModelGroup | undefined {
    const group = groups.get(name);
    if (group !== undefined || patterns.length === 0) return group;
    return cached.get(name) ?? make(name);
  }

  /** Ids of deployments of patterns begin with the group's name, which may contain a colon. */
  function targetOfPattern(id: string): DeploymentTarget | undefined {
    for (let at = id.indexOf(':'); at > 0; at = id.indexOf(':', at + 1)) {
      const group = find(id.slice(0, at));
      const deployment = group?.deployments.find((each) => each.id === id);
      if (group !== undefined && deployment !== undefined) return { deployment, group };
    }
    return undefined;
  }

  function make(name: string): ModelGroup | undefined {
    for (const pattern of patterns) {
      const group = pattern.groupOf(name);
      if (group === undefined) continue;
      cached.set(name, group);
      return group;
    }
    return undefined;
  }
}

/** A matching deployment, of a group or of one that it refers to. */
export function findDeployment(
  group: ModelGroup,
  table: Pick<RouteTable, 'find'>,
  fits: (deployment: Deployment) => boolean,
  seen = new Set<string>(),
): Deployment | undefined {
  const own = group.deployments.find(fits);
  if (own !== undefined) return own;
  seen.add(group.name);
  for (const name of group.references) {
    const next = seen.has(name) ? undefined : table.find(name);
    const found = next && findDeployment(next, table, fits, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
