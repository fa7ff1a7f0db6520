import type { ModelGroup } from '../model-group.js';
import type { PassThroughRule } from '../operations/pass-through-rule.js';
import type { ConfigProblem } from '../settings/config-error.js';
import type { PassThroughConfig } from '../settings/gateway-config.js';
import { didYouMean } from './nearest-name.js';

/** The rules of pass-through. What is wrong with them is added to `problems`. */
export function buildPassThrough(
  config: Readonly<Record<string, PassThroughConfig>> | undefined,
  groups: readonly ModelGroup[],
  problems: ConfigProblem[],
): readonly PassThroughRule[] {
  const rules: PassThroughRule[] = [];
  for (const [prefix, given] of Object.entries(config ?? {})) {
    const path = `passThrough[${JSON.stringify(prefix)}]`;
    if (!PREFIX.test(prefix) || prefix === '/v1') {
      problems.push({ path, message: 'must be a path of its own, such as "/vendor".' });
      continue;
    }
    given.paths.forEach((pattern, index) => {
      if (PATTERN.test(pattern)) return;
      problems.push({
        path: `${path}.paths[${index}]`,
        message: `"${pattern}" must be an absolute path, such as "/v1/things/*" or "/v1/things/**".`,
      });
    });
    const place = placeOf(given.to, groups);
    if (typeof place === 'string') problems.push({ path: `${path}.to`, message: place });
    else {
      rules.push({
        prefix,
        ...place,
        methods: new Set(given.methods ?? ['GET', 'POST']),
        paths: given.paths.map((pattern) => pattern.slice(1).split('/')),
        headers: (given.headers ?? []).map((name) => name.toLowerCase()),
        costNanoUsd: given.pricePerRequest === undefined ? undefined : Math.round(given.pricePerRequest * 1e9),
      });
    }
  }
  return rules;
}

const PREFIX = /^(?:\/[\w.~-]+)+$/;
const PATTERN = /^(?:\/(?:\*|[\w.~:@-]+))*\/(?:\*\*?|[\w.~:@-]+)$/;

function placeOf(to: string, groups: readonly ModelGroup[]): Pick<PassThroughRule, 'deployment' | 'group'> | string {
  for (const group of groups) {
    const deployment = group.deployments.find(({ id }) => id === to);
    if (deployment !== undefined) return { deployment, group };
  }
  const group = groups.find(({ name }) => name === to);
  const [deployment, ...others] = group?.deployments ?? [];
  if (group === undefined || deployment === undefined) {
    const names = groups.map(({ name }) => name);
    return `"${to}" is neither a model group nor the id of a deployment${didYouMean(to, names)}.`;
  }
  if (others.length === 0) return { deployment, group };
  const ids = group.deployments.map(({ id }) => `"${id}"`).join(', ');
  return `"${to}" has several deployments; name one of them: ${ids}.`;
}
