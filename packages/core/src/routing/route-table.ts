import type { Deployment } from '../deployment.js';
import type { ModelGroup } from '../model-group.js';
import type { ModelPattern } from '../model-pattern.js';
import { keepRecent } from './keep-recent.js';

/** The groups by name: those named in full are put together at boot, those of patterns when they are first asked for. */
export interface RouteTable {
  /** Those named in full, in the order of the configuration. */
  readonly groups: ReadonlyMap<string, ModelGroup>;
  /** Longest first. */
  readonly patterns: readonly ModelPattern[];
  /** The group that serves a name; undefined if none does. Throws `model_not_found` where a pattern fits and nobody could be asked. */
  find(name: string): ModelGroup | undefined;
  /** A deployment by its id, and the group it serves; undefined if there is none. */
  placeOf(deploymentId: string): Place | undefined;
}

export interface Place {
  readonly deployment: Deployment;
  readonly group: ModelGroup;
}

/** Clients choose what is kept, so that there must be an end to it. */
const MOST_KEPT = 1_000;

export function buildRouteTable(named: readonly ModelGroup[], patterns: readonly ModelPattern[]): RouteTable {
  const groups = new Map(named.map((group) => [group.name, group]));
  const places = new Map(
    named.flatMap((group) => group.deployments.map((deployment) => [deployment.id, { deployment, group }])),
  );
  const kept = keepRecent<ModelGroup>(MOST_KEPT);

  return {
    groups,
    patterns,
    find,
    placeOf: (id) => places.get(id) ?? (patterns.length > 0 ? placeOfPattern(id) : undefined),
  };

  function find(name: string): ModelGroup | undefined {
    const group = groups.get(name);
    if (group !== undefined || patterns.length === 0) return group;
    return kept.get(name) ?? make(name);
  }

  /** Ids of deployments that patterns make begin with the group's name; which may hold a colon itself. */
  function placeOfPattern(id: string): Place | undefined {
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
      kept.set(name, group);
      return group;
    }
    return undefined;
  }
}

/** A deployment that fits, of a group or of one that it leads to. */
export function findDeployment(
  group: ModelGroup,
  table: Pick<RouteTable, 'find'>,
  fits: (deployment: Deployment) => boolean,
  seen = new Set<string>(),
): Deployment | undefined {
  const own = group.deployments.find(fits);
  if (own !== undefined) return own;
  seen.add(group.name);
  for (const name of group.leadsTo) {
    const next = seen.has(name) ? undefined : table.find(name);
    const found = next && findDeployment(next, table, fits, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
