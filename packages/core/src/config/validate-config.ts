import { asGatewayError, GatewayError } from '../errors.js';
import type { ModelGroup, RetryPolicy } from '../model-group.js';
import type { PassThroughRule } from '../operations/pass-through-rule.js';
import type { Provider } from '../provider.js';
import { ConfigError, type ConfigProblem, throwProblems } from '../settings/config-error.js';
import type { DeploymentConfig, GatewayConfig, ModelConfig, ModelGroupConfig } from '../settings/gateway-config.js';
import type { ModelPattern } from '../settings/model-pattern.js';
import { buildDeployment, type DeploymentContext } from './build-deployment.js';
import { buildPassThrough } from './build-pass-through.js';
import { buildRoute } from './build-route.js';
import { endpointProblems } from './check-endpoints.js';
import { checkShape, joinPath } from './check-shape.js';
import { configSchema, deploymentSchema, groupSchema } from './config-schema.js';
import { type FilledFrom, fillPattern } from './fill-pattern.js';
import { findCycles } from './find-cycles.js';
import { didYouMean } from './nearest-name.js';
import { LONGEST_ANSWER_MS } from './resolve-deadlines.js';
import { hasWildcardProvider, openCaptures, wildcardsIn } from './wildcards.js';

export interface ConfigContext {
  readonly providers: readonly Provider[];
  /** Only credentials are read from it, under the providers' usual variable names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bridges: DeploymentContext['bridges'];
  readonly sheetFromConfig: DeploymentContext['sheetFromConfig'];
  /** What whoever reads a setting has against it beyond its shape, by the setting. */
  readonly settings?: SettingChecks;
}

/** By the setting that they are about: they run only where its shape is right. */
export type SettingChecks = {
  readonly [Key in keyof GatewayConfig]?: (value: NonNullable<GatewayConfig<never>[Key]>) => readonly ConfigProblem[];
};

/** The models of a configuration. */
export interface ConfiguredModels {
  /** Groups with a full name, in the order of the configuration. */
  readonly groups: readonly ModelGroup[];
  /** In the order in which they are tried: the longest first. */
  readonly patterns: readonly ModelPattern[];
  readonly passThrough: readonly PassThroughRule[];
  /** What an operator may want to know although nothing is wrong. */
  readonly notes: readonly string[];
}

/** What groups and deployments are made of: while the shape of one of these is wrong, none are. */
const PARTS_OF_GROUPS = ['models', 'providers', 'deadlines', 'retries', 'allowFallbackCycles'];

/** All checks at start, and the model groups that result. Throws a `ConfigError` with all problems. */
export function validateConfig(
  config: GatewayConfig<never>,
  context: ConfigContext,
  found: readonly ConfigProblem[] = [],
): ConfiguredModels {
  const problems: ConfigProblem[] = [...found, ...checkShape(config, configSchema, '')];
  const misshapen = new Set(problems.map(({ path }) => /^[^.[]*/.exec(path)?.[0] ?? ''));
  problems.push(...settingProblems(config, context.settings ?? {}, misshapen));
  if (misshapen.has('') || PARTS_OF_GROUPS.some((key) => misshapen.has(key))) throw new ConfigError(problems);

  if (misshapen.size === 0) problems.push(...unusedCredentials(config), ...endpointProblems(config));
  const names = Object.keys(config.models);
  if (names.length === 0)
    problems.push({ path: 'models', message: 'no model group is configured, so no request could be served.' });
  const providers = new Map(
    [...context.providers, ...(config.providers ?? [])].map((provider) => [provider.name, provider]),
  );
  const boot: Findings = { problems, takenIds: new Set() };
  const groups: ModelGroup[] = [];
  const templates: ModelGroup[] = [];
  const patterns: ModelPattern[] = [];
  const notes: string[] = [];
  const fits = names.filter((name) => wildcardsIn(name) > 0).map(openCaptures);
  const format = new Map<string, string>();
  for (const name of names) {
    const path = joinPath('models', [name]);
    const folded = name.trim().toLowerCase();
    const twin = format.get(folded);
    if (folded === '') problems.push({ path, message: 'a model group needs a name.' });
    else if (twin !== undefined) {
      problems.push({ path, message: `"${name}" and "${twin}" look the same to a reader; rename one of them.` });
    }
    format.set(folded, name);
    const given = config.models[name] as ModelConfig;
    const group = buildGroup(name, given, path, boot);
    if (group === undefined) continue;
    if (wildcardsIn(name) === 0) groups.push(group);
    else {
      templates.push(group);
      patterns.push(patternOf(name, given, path));
    }
  }
  patterns.sort((one, other) => other.name.length - one.name.length);
  for (const group of [...groups, ...templates]) checkTargets(group, joinPath('models', [group.name]));
  problems.push(...findCycles(groups, config.allowFallbackCycles ?? false));
  const passThrough = misshapen.has('passThrough') ? [] : buildPassThrough(config.passThrough, groups, problems);
  throwProblems(problems);
  return { groups, patterns, passThrough, notes };

  function patternOf(pattern: string, given: ModelConfig, path: string): ModelPattern {
    if (pattern.includes('**'))
      problems.push({ path, message: 'has two wildcards in a row: one already matches any text.' });
    const capturesOf = openCaptures(pattern);
    return {
      name: pattern,
      groupOf(name) {
        const captures = capturesOf(name);
        if (captures === undefined) return undefined;
        const found: Findings = { problems: [], takenIds: new Set() };
        const filledFrom: FilledFrom = new WeakMap();
        const config = fillPattern(pattern, given, name, captures, filledFrom);
        const group = buildGroup(name, config, path, found, filledFrom);
        const [first] = found.problems;
        if (first === undefined) return group;
        // What is wrong with the name is for the client, who gave it; what the configuration lacks is not.
        const why = first.path.endsWith('.model') ? `: ${first.message}` : '.';
        throw new GatewayError('model_not_found', `There is no model "${name}"${why}`, {
          param: 'model',
          detail: first.message,
          cause: new ConfigError(found.problems),
        });
      },
    };
  }

  function buildGroup(
    name: string,
    given: ModelConfig,
    path: string,
    findings: Findings,
    filledFrom?: FilledFrom,
  ): ModelGroup | undefined {
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
    const { route, deployments, references } = buildRoute(long, {
      group: name,
      path,
      deploymentPath: at,
      retries,
      isGroup,
      groupNames: names,
      problems,
      deployment: (deployment, where) => {
        const { model }: { model?: unknown } = typeof deployment === 'string' ? { model: deployment } : deployment;
        if (typeof model === 'string' && wildcardsIn(model) > wildcardsIn(name)) {
          const message = `"${model}" has more wildcards than "${name}", which gives them their values.`;
          problems.push({ path: where, message });
          return undefined;
        }
        if (typeof model === 'string' && hasWildcardProvider(model)) {
          // The vendor and its credential are known only when a call names the model.
          if (typeof deployment !== 'string') problems.push(...checkShape(deployment, deploymentSchema, where));
          return undefined;
        }
        return buildDeployment(deployment, name, where, {
          providers,
          environment: context.environment,
          deadlines: limits,
          takenIds,
          problems,
          notes,
          bridges: context.bridges,
          sheetFromConfig: context.sheetFromConfig,
          filledFrom: typeof deployment === 'string' ? undefined : filledFrom?.get(deployment),
        });
      },
    });
    return {
      name,
      route,
      deployments,
      references,
      fallbacks: long.fallbacks ?? [],
      contextFallbacks: long.contextFallbacks ?? [],
      contentFallbacks: long.contentFallbacks ?? [],
      retries,
      totalMs,
      recovery: long.recovery,
      initialBuffer: long.initialBuffer,
    };
  }

  /**
   * The targets of a route besides deployments: a full name, or one that a pattern matches and no vendor could have.
   */
  function isGroup(name: string): boolean {
    if (wildcardsIn(name) > 0) return false;
    return Object.hasOwn(config.models, name) || (!name.includes('/') && fits.some((capturesOf) => capturesOf(name)));
  }

  function checkTargets(group: ModelGroup, path: string): void {
    for (const list of ['fallbacks', 'contextFallbacks', 'contentFallbacks'] as const) {
      group[list].forEach((target, index) => {
        const message = target === group.name ? `"${target}" cannot fall back to itself.` : problemWith(target);
        if (message !== undefined) problems.push({ path: `${path}.${list}[${index}]`, message });
      });
    }
    for (const target of group.references) {
      const message = problemWith(target);
      if (message !== undefined) problems.push({ path: `${path}.route`, message });
    }
  }

  /** Why a group cannot be a fallback; undefined if it can. */
  function problemWith(target: string): string | undefined {
    if (Object.hasOwn(config.models, target)) {
      return wildcardsIn(target) === 0 ? undefined : `"${target}" is a pattern: name one of the models that match it.`;
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

/** Problems found while groups are built. */
interface Findings {
  readonly problems: ConfigProblem[];
  readonly takenIds: Set<string>;
}

/** A setting that is not in the declared order would have no effect, so it is reported. */
function unusedCredentials(config: GatewayConfig<never>): ConfigProblem[] {
  const { credentials, keys, tokens, authenticate, anonymous } = config;
  if (credentials === undefined) return [];
  const sources = { key: keys, token: tokens, session: authenticate, anonymous } as const;
  const settings = { key: 'keys', token: 'tokens', session: 'authenticate', anonymous: 'anonymous' } as const;
  return (Object.keys(sources) as (keyof typeof sources)[])
    .filter((source) => sources[source] !== undefined && !credentials.includes(source))
    .map((source) => ({
      path: 'credentials',
      message: `"${settings[source]}" is configured, but "${source}" is not in the order, so it would never be used.`,
    }));
}

function retriesOf(wanted: Partial<RetryPolicy>): RetryPolicy {
  return { maxRetries: 2, baseDelayMs: 500, maxDelayMs: 8_000, ...wanted };
}
