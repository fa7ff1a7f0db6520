import type { DeploymentConfig, GatewayConfig, ModelConfig, ModelGroupConfig } from '../gateway-config.js';
import type { ModelGroup, RetryPolicy } from '../model-group.js';
import type { Provider } from '../provider.js';
import { buildDeployment, type DeploymentSurroundings } from './build-deployment.js';
import { buildRoute } from './build-route.js';
import { checkShape, joinPath } from './check-shape.js';
import { circles } from './circles.js';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { configSchema, groupSchema } from './config-schema.js';
import { didYouMean } from './nearest-name.js';
import { LONGEST_ANSWER_MS } from './resolve-deadlines.js';

export interface ConfigSurroundings {
  readonly providers: readonly Provider[];
  /** Only credentials are read from it, under the providers' own variable names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bridges: DeploymentSurroundings['bridges'];
  readonly sheetFromConfig: DeploymentSurroundings['sheetFromConfig'];
}

/** Every check that can be made at boot, and the model groups that come of it. Throws a `ConfigError` with all problems. */
export function validateConfig(config: GatewayConfig<never>, around: ConfigSurroundings): readonly ModelGroup[] {
  const problems: ConfigProblem[] = checkShape(config, configSchema, '');
  if (problems.length > 0) throw new ConfigError(problems);

  problems.push(...unusedCredentials(config));
  const names = Object.keys(config.models);
  if (names.length === 0)
    problems.push({ path: 'models', message: 'no model group is configured: clients could ask for nothing.' });
  const providers = new Map(
    [...around.providers, ...(config.providers ?? [])].map((provider) => [provider.name, provider]),
  );
  const takenIds = new Set<string>();
  const groups: ModelGroup[] = [];
  const spelling = new Map<string, string>();
  for (const name of names) {
    const path = joinPath('models', [name]);
    const folded = name.trim().toLowerCase();
    const twin = spelling.get(folded);
    if (folded === '') problems.push({ path, message: 'a model group needs a name.' });
    else if (twin !== undefined) {
      problems.push({ path, message: `"${name}" and "${twin}" are one name to a reader; rename one of them.` });
    }
    spelling.set(folded, name);
    const group = buildGroup(name, config.models[name] as ModelConfig, path);
    if (group !== undefined) groups.push(group);
  }
  problems.push(...circles(groups, config.fallbackCircles ?? false));
  if (problems.length > 0) throw new ConfigError(problems);
  return groups;

  function buildGroup(name: string, given: ModelConfig, path: string): ModelGroup | undefined {
    if (typeof given !== 'string' && (typeof given !== 'object' || given === null)) {
      problems.push({
        path,
        message: 'must be "provider/model", a list of deployments, or an object with "deployments" or a "route".',
      });
      return undefined;
    }
    const short = typeof given === 'string' || Array.isArray(given);
    if (!short) {
      const found = checkShape(given, groupSchema, path);
      problems.push(...found);
      if (found.length > 0) return undefined;
    }
    const long: ModelGroupConfig = short
      ? { deployments: typeof given === 'string' ? [given] : (given as readonly DeploymentConfig[]) }
      : (given as ModelGroupConfig);
    checkFallbacks(name, long, path);
    const { totalMs = LONGEST_ANSWER_MS, ...limits } = { ...config.deadlines, ...long.deadlines };
    const retries = retriesOf({ ...config.retries, ...long.retries });
    const at = (index: number) =>
      typeof given === 'string' ? path : Array.isArray(given) ? `${path}[${index}]` : `${path}.deployments[${index}]`;
    const { route, deployments, leadsTo } = buildRoute(long, {
      group: name,
      path,
      deploymentPath: at,
      retries,
      isGroup: (other) => Object.hasOwn(config.models, other),
      groupNames: names,
      problems,
      deployment: (deployment, where) =>
        buildDeployment(deployment, name, where, {
          providers,
          environment: around.environment,
          deadlines: limits,
          takenIds,
          problems,
          bridges: around.bridges,
          sheetFromConfig: around.sheetFromConfig,
        }),
    });
    return {
      name,
      route,
      deployments,
      leadsTo,
      fallbacks: long.fallbacks ?? [],
      contextFallbacks: long.contextFallbacks ?? [],
      contentFallbacks: long.contentFallbacks ?? [],
      retries,
      totalMs,
      recovery: long.recovery,
      hold: long.hold,
    };
  }

  function checkFallbacks(name: string, group: ModelGroupConfig, path: string): void {
    for (const list of ['fallbacks', 'contextFallbacks', 'contentFallbacks'] as const) {
      group[list]?.forEach((target, index) => {
        const at = `${path}.${list}[${index}]`;
        if (target === name) problems.push({ path: at, message: `"${target}" cannot fall back to itself.` });
        else if (!Object.hasOwn(config.models, target)) {
          const known = names.join(', ');
          problems.push({
            path: at,
            message: `there is no model group "${target}"${didYouMean(target, names)}. There are: ${known}.`,
          });
        }
      });
    }
  }
}

/** What can never be looked at, because the declared order leaves it out, was meant otherwise. */
function unusedCredentials(config: GatewayConfig<never>): ConfigProblem[] {
  const { credentials, keys, tokens, authenticate, anonymous } = config;
  if (credentials === undefined) return [];
  const sources = { key: keys, token: tokens, session: authenticate, anonymous } as const;
  const settings = { key: 'keys', token: 'tokens', session: 'authenticate', anonymous: 'anonymous' } as const;
  return (Object.keys(sources) as (keyof typeof sources)[])
    .filter((source) => sources[source] !== undefined && !credentials.includes(source))
    .map((source) => ({
      path: 'credentials',
      message: `"${settings[source]}" is configured, but "${source}" is not in the order: it would never be looked at.`,
    }));
}

function retriesOf(wanted: Partial<RetryPolicy>): RetryPolicy {
  return { maxRetries: 2, baseDelayMs: 500, maxDelayMs: 8_000, ...wanted };
}
