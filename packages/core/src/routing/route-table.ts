import type { ModelGroup } from '../model-group.js';

/** The groups by name, put together once at boot. */
export interface RouteTable {
  readonly groups: ReadonlyMap<string, ModelGroup>;
}

export function buildRouteTable(groups: readonly ModelGroup[]): RouteTable {
  return { groups: new Map(groups.map((group) => [group.name, group])) };
}
