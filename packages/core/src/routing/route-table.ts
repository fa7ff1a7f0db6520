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
}

/** Clients choose what is kept, so that there must be an end to it. */
const MOST_KEPT = 1_000;

export function buildRouteTable(named: readonly ModelGroup[], patterns: readonly ModelPattern[]): RouteTable {
  const groups = new Map(named.map((group) => [group.name, group]));
  const kept = keepRecent<ModelGroup>(MOST_KEPT);

  return {
    groups,
    patterns,
    find(name) {
      const group = groups.get(name);
      if (group !== undefined || patterns.length === 0) return group;
      return kept.get(name) ?? make(name);
    },
  };

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
