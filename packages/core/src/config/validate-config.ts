import { ConfigError, type ConfigProblem, throwProblems } from '../config-error.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { DeploymentConfig, GatewayConfig, ModelConfig, ModelGroupConfig } from '../gateway-config.js';
import type { ModelGroup, RetryPolicy } from '../model-group.js';
import type { ModelPattern } from '../model-pattern.js';
import type { PassThroughRule } from '../pass-through-rule.js';
import type { Provider } from '../provider.js';
import { buildDeployment, type DeploymentSurroundings } from './build-deployment.js';
import { buildPassThrough } from './build-pass-through.js';
import { buildRoute } from './build-route.js';
import { checkShape, joinPath } from './check-shape.js';
import { circles } from './circles.js';
import { configSchema, deploymentSchema, groupSchema } from './config-schema.js';
import { fillPattern } from './fill-pattern.js';
import { didYouMean } from './nearest-name.js';
import { LONGEST_ANSWER_MS } from './resolve-deadlines.js';
import { hasOpenVendor, openCaptures, starsIn } from './stars.js';

export interface ConfigSurroundings {
  readonly providers: readonly Provider[];
  /** Only credentials are read from it, under the providers' own variable names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bridges: DeploymentSurroundings['bridges'];
  readonly sheetFromConfig: DeploymentSurroundings['sheetFromConfig'];
  /** What whoever reads a setting has against it beyond its shape, by the setting. */
  readonly settings?: SettingChecks;
}

/** By the setting that they are about: they run only where its shape is right. */
export type SettingChecks = {
  readonly [Key in keyof GatewayConfig]?: (value: NonNullable<GatewayConfig<never>[Key]>) => readonly ConfigProblem[];
};

/** What a configuration says of models. */
export interface ConfiguredModels {
  /** Those named in full, in the order of the configuration. */
  readonly groups: readonly ModelGroup[];
  /** In the order in which they are tried: the longest first. */
  readonly patterns: readonly ModelPattern[];
  readonly passThrough: readonly PassThroughRule[];
}

/** What groups and deployments are made of: while the shape of one of these is wrong, none are. */
const PARTS_OF_GROUPS = ['models', 'providers', 'deadlines', 'retries', 'fallbackCircles'];

/** Every check that can be made at boot, and the model groups that come of it. Throws a `ConfigError` with all problems. */
export function validateConfig(
  config: GatewayConfig<never>,
  around: ConfigSurroundings,
  found: readonly ConfigProblem[] = [],
): ConfiguredModels {
  const problems: ConfigProblem[] = [...found, ...checkShape(config, configSchema, '')];
  const misshapen = new Set(problems.map(({ path }) => /^[^.[]*/.exec(path)?.[0] ?? ''));
  problems.push(...settingProblems(config, around.settings ?? {}, misshapen));
  if (misshapen.has('') || PARTS_OF_GROUPS.some((key) => misshapen.has(key))) throw new ConfigError(problems);

  if (misshapen.size === 0) problems.push(...unusedCredentials(config));
  const names = Object.keys(config.models);
  if (names.length === 0)
    problems.push({ path: 'models', message: 'no model group is configured: clients could ask for nothing.' });
  const providers = new Map(
    [...around.providers, ...(config.providers ?? [])].map((provider) => [provider.name, provider]),
  );
  const boot: Findings = { problems, takenIds: new Set() };
  const groups: ModelGroup[] = [];
  const templates: ModelGroup[] = [];
  const patterns: ModelPattern[] = [];
  const fits = names.filter((name) => starsIn(name) > 0).map(openCaptures);
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
    const given = config.models[name] as ModelConfig;
    const group = buildGroup(name, given, path, boot);
    if (group === undefined) continue;
    if (starsIn(name) === 0) groups.push(group);
    else {
      templates.push(group);
      patterns.push(patternOf(name, given, path));
    }
  }
  patterns.sort((one, other) => other.name.length - one.name.length);
  for (const group of [...groups, ...templates]) checkTargets(group, joinPath('models', [group.name]));
  problems.push(...circles(groups, config.fallbackCircles ?? false));
  const passThrough = misshapen.has('passThrough') ? [] : buildPassThrough(config.passThrough, groups, problems);
  throwProblems(problems);
  return { groups, patterns, passThrough };

  function patternOf(pattern: string, given: ModelConfig, path: string): ModelPattern {
    if (pattern.includes('**')) problems.push({ path, message: 'has two stars in a row: one stands for any text.' });
    const capturesOf = openCaptures(pattern);
    return {
      name: pattern,
      groupOf(name) {
        const captures = capturesOf(name);
        if (captures === undefined) return undefined;
        const found: Findings = { problems: [], takenIds: new Set() };
        const group = buildGroup(name, fillPattern(pattern, given, name, captures), path, found);
        const [first] = found.problems;
        if (first === undefined) return group;
        throw new GatewayError('model_not_found', `There is no model "${name}": ${first.message}`, {
          param: 'model',
          cause: new ConfigError(found.problems),
        });
      },
    };
  }

  function buildGroup(name: string, given: ModelConfig, path: string, findings: Findings): ModelGroup | undefined {
    const { problems, takenIds } = findings;
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
    const { totalMs = LONGEST_ANSWER_MS, ...limits } = { ...config.deadlines, ...long.deadlines };
    const retries = retriesOf({ ...config.retries, ...long.retries });
    const at = (index: number) =>
      typeof given === 'string' ? path : Array.isArray(given) ? `${path}[${index}]` : `${path}.deployments[${index}]`;
    const { route, deployments, leadsTo } = buildRoute(long, {
      group: name,
      path,
      deploymentPath: at,
      retries,
      isGroup,
      groupNames: names,
      problems,
      deployment: (deployment, where) => {
        const { model }: { model?: unknown } = typeof deployment === 'string' ? { model: deployment } : deployment;
        if (typeof model === 'string' && starsIn(model) > starsIn(name)) {
          const message = `"${model}" has more stars than "${name}", which could fill them.`;
          problems.push({ path: where, message });
          return undefined;
        }
        if (typeof model === 'string' && hasOpenVendor(model)) {
          // Which vendor it is, and whether there is a credential, shows when a call names it.
          if (typeof deployment !== 'string') problems.push(...checkShape(deployment, deploymentSchema, where));
          return undefined;
        }
        return buildDeployment(deployment, name, where, {
          providers,
          environment: around.environment,
          deadlines: limits,
          takenIds,
          problems,
          bridges: around.bridges,
          sheetFromConfig: around.sheetFromConfig,
        });
      },
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

  /** What a route may lead to besides deployments: a name spelled out, or one that a pattern serves and no vendor could. */
  function isGroup(name: string): boolean {
    if (starsIn(name) > 0) return false;
    return Object.hasOwn(config.models, name) || (!name.includes('/') && fits.some((capturesOf) => capturesOf(name)));
  }

  function checkTargets(group: ModelGroup, path: string): void {
    for (const list of ['fallbacks', 'contextFallbacks', 'contentFallbacks'] as const) {
      group[list].forEach((target, index) => {
        const message = target === group.name ? `"${target}" cannot fall back to itself.` : whyNot(target);
        if (message !== undefined) problems.push({ path: `${path}.${list}[${index}]`, message });
      });
    }
    for (const target of group.leadsTo) {
      const message = whyNot(target);
      if (message !== undefined) problems.push({ path: `${path}.route`, message });
    }
  }

  /** Why a name cannot be asked instead; undefined if it can. */
  function whyNot(target: string): string | undefined {
    if (Object.hasOwn(config.models, target)) {
      return starsIn(target) === 0 ? undefined : `"${target}" is a pattern: name one of the models that fit it.`;
    }
    try {
      if (patterns.some((pattern) => pattern.groupOf(target) !== undefined)) return undefined;
    } catch (error) {
      return asGatewayError(error).message;
    }
    return `there is no model group "${target}"${didYouMean(target, names)}. There are: ${names.join(', ')}.`;
  }
}

function settingProblems(
  config: GatewayConfig<never>,
  checks: SettingChecks,
  misshapen: ReadonlySet<string>,
): ConfigProblem[] {
  return (Object.entries(checks) as [keyof GatewayConfig, (value: unknown) => readonly ConfigProblem[]][])
    .filter(([key]) => config?.[key] !== undefined && !misshapen.has(key))
    .flatMap(([key, check]) => check(config[key]));
}

/** What comes to light while groups are built. */
interface Findings {
  readonly problems: ConfigProblem[];
  readonly takenIds: Set<string>;
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
