import type { DeploymentDetails } from '@portico/core';
import type { ConfigNode } from '../yaml/config-node.js';
import { pathBelow } from '../yaml/config-node.js';
import type { BuiltModels, Group } from './build-models.js';

export function hasWildcard(name: string): boolean {
  return name.includes('*');
}

/**
 * A target with fewer wildcards than the name cannot contain all matched texts: the requested name is used as a
 * whole.
 */
export function wildcardTarget(name: string, model: string): string {
  return hasWildcard(model) && wildcardsIn(name) > wildcardsIn(model) ? name : model;
}

/** The names that clients may request. */
export interface ModelNames {
  /** As in the file. */
  readonly all: readonly string[];
  /** Whether a name is one of them, or matches a pattern. */
  has(name: string): boolean;
  /** Whether the file has it, and none of its deployments can be served. */
  isLeftOut(name: string): boolean;
}

/**
 * The models with names. A name in the file that only a pattern matches becomes a model of its own: so it can have
 * fallbacks and aliases, and is checked at start.
 */
export function namesOf({ groups, origins }: BuiltModels, leftOut: ReadonlySet<string>): ModelNames {
  const all = [...groups.keys()];
  const patterns = all.filter(hasWildcard).sort((one, other) => other.length - one.length);
  return {
    all,
    isLeftOut: (name) => leftOut.has(name),
    has(name) {
      if (groups.has(name)) return true;
      for (const pattern of patterns) {
        const captures = capturesOf(pattern, name);
        if (captures === undefined) continue;
        groups.set(name, filled(groups.get(pattern) as Group, name, captures)); // patterns are keys of it
        origins.set(pathBelow('models', name), origins.get(pathBelow('models', pattern)) as ConfigNode);
        return true;
      }
      return false;
    },
  };
}

/** The gateway is stricter about what a wildcard may match, and decides last. */
function capturesOf(pattern: string, name: string): readonly string[] | undefined {
  const literals = pattern.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literals.join('([^*]+)')}$`).exec(name)?.slice(1);
}

function filled(group: Group, name: string, captures: readonly string[]): Group {
  const deployments = group.deployments.map(({ id, ...details }): DeploymentDetails => {
    let next = 0;
    const model = details.model.replaceAll('*', () => captures[next++] ?? '*');
    return { ...details, model, ...(id !== undefined && { id: `${id}:${name}` }) };
  });
  return { ...group, deployments };
}

function wildcardsIn(text: string): number {
  return text.split('*').length - 1;
}
