import type { DeploymentConfig, DeploymentDetails, ModelConfig, ModelGroupConfig } from '../gateway-config.js';
import type { RouteConfig } from '../route-config.js';
import { fillStars, starsIn } from './stars.js';

/** What the configuration would say of a group with a name that fits the pattern, were it written there in full. */
export function fillPattern(
  pattern: string,
  given: ModelConfig,
  name: string,
  captures: readonly string[],
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

  /** Only what names models: conditions and terms are as they are. */
  function fillRoute(node: unknown): unknown {
    if (typeof node === 'string') return fillStars(node, captures);
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
    if (starsIn(details.model) === 0) {
      // One place for whatever is asked for, so that what is learned of it is learned once.
      return { ...details, id: details.id ?? `${pattern}:${details.model}${position === 1 ? '' : `#${position}`}` };
    }
    const model = fillStars(details.model, captures);
    const { id, baseModel } = details;
    return {
      ...details,
      model,
      ...(id !== undefined && { id: `${id}:${model}` }),
      ...(baseModel !== undefined && { baseModel: fillStars(baseModel, captures) }),
    };
  }

  // The one among its targets that a pattern serves too cannot fall back to itself.
  function others(targets: readonly string[] | undefined): readonly string[] {
    return targets?.filter((target) => target !== name) ?? [];
  }
}

/** The keys of a route's nodes behind which there are others. */
const LEADS_ON = new Set(['single', 'split', 'fallback', 'race', 'cheapest', 'fastest', 'when', 'to', 'otherwise']);

function isLong(given: ModelConfig): given is ModelGroupConfig {
  return typeof given === 'object' && !Array.isArray(given);
}
