import type { DeploymentConfig, DeploymentDetails, ModelConfig, ModelGroupConfig } from '../settings/gateway-config.js';
import type { RouteConfig } from '../settings/route-config.js';
import { expandWildcard, wildcardsIn } from './wildcards.js';

/** The model, wildcards included, that a deployment was filled in from. */
export type FilledFrom = WeakMap<object, string>;

/**
 * The configuration of a group whose name matches the pattern, as if it were written in full. Notes in `filledFrom` which
 * deployments have a model that the client named.
 */
export function fillPattern(
  pattern: string,
  given: ModelConfig,
  name: string,
  captures: readonly string[],
  filledFrom: FilledFrom,
): ModelGroupConfig {
  const { deployments, route, ...long }: ModelGroupConfig = isLong(given)
    ? given
    : { deployments: typeof given === 'string' ? [given] : given };
  let position = 0;
  return {
    ...long,
    ...(deployments && { deployments: deployments.map(fillDeployment) }),
    ...(route !== undefined && { route: fillRoute(route) as RouteConfig }),
    fallbacks: others(long.fallbacks),
    contextFallbacks: others(long.contextFallbacks),
    contentFallbacks: others(long.contentFallbacks),
  };

  /** Only what names models; conditions and settings stay as they are. */
  function fillRoute(node: unknown): unknown {
    if (typeof node === 'string') return expandWildcard(node, captures);
    if (Array.isArray(node)) return node.map(fillRoute);
    const filled = Object.entries(node as object).map(([key, value]): [string, unknown] => {
      if (key === 'deployments') return [key, (value as readonly DeploymentConfig[]).map(fillDeployment)];
      return [key, LEADS_ON.has(key) ? fillRoute(value) : value];
    });
    return Object.fromEntries(filled);
  }

  function fillDeployment(deployment: DeploymentConfig): DeploymentDetails {
    const details: DeploymentDetails = typeof deployment === 'string' ? { model: deployment } : deployment;
    position += 1;
    if (wildcardsIn(details.model) === 0) {
      // One deployment id for one upstream model, so that its state is shared.
      return { ...details, id: details.id ?? `${pattern}:${details.model}${position === 1 ? '' : `#${position}`}` };
    }
    const model = expandWildcard(details.model, captures);
    const { id, baseModel } = details;
    const filled: DeploymentDetails = {
      ...details,
      model,
      ...(id !== undefined && { id: `${id}:${model}` }),
      ...(baseModel !== undefined && { baseModel: expandWildcard(baseModel, captures) }),
    };
    filledFrom.set(filled, details.model);
    return filled;
  }

  // A target that the same pattern serves cannot fall back to itself.
  function others(targets: readonly string[] | undefined): readonly string[] {
    return targets?.filter((target) => target !== name) ?? [];
  }
}

/** The keys of route nodes that contain other nodes. */
const LEADS_ON = new Set(['single', 'split', 'fallback', 'race', 'cheapest', 'fastest', 'when', 'to', 'otherwise']);

function isLong(given: ModelConfig): given is ModelGroupConfig {
  return typeof given === 'object' && !Array.isArray(given);
}
