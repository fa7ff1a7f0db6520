import type { DeploymentDetails } from '@portico/core';
import type { ConfigNode } from '../yaml/config-node.js';
import { pathBelow } from '../yaml/config-node.js';
import type { BuiltModels, Group } from './build-models.js';

export function hasStar(name: string): boolean {
  return name.includes('*');
}

/** A target with fewer stars than the name has no place for all that they stand for: what the client asked for is taken whole. */
export function starredTarget(name: string, model: string): string {
  return hasStar(model) && starsIn(name) > starsIn(model) ? name : model;
}

/** The names that may be asked for. */
export interface ModelNames {
  /** As the file has them. */
  readonly all: readonly string[];
  /** Whether a name is one of them, or fits one that has a star. */
  has(name: string): boolean;
}

/**
 * The names of what was built. One that the file mentions and that only a pattern serves is made a model of its own: so it
 * can have fallbacks and other names, and is known to work before anybody asks for it.
 */
export function namesOf({ groups, origins }: BuiltModels): ModelNames {
  const all = [...groups.keys()];
  const patterns = all.filter(hasStar).sort((one, other) => other.length - one.length);
  return {
    all,
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

/** The gateway is stricter as to what a star may stand for, and has the last word. */
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

function starsIn(text: string): number {
  return text.split('*').length - 1;
}
