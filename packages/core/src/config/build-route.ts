import type { Deployment } from '../deployment.js';
import type { FailureKind } from '../errors.js';
import type { RetryPolicy } from '../model-group.js';
import type { NodeTerms, Pool, RouteNode } from '../routes/route-node.js';
import type { Strategy } from '../routes/strategy.js';
import type { Condition } from '../settings/condition.js';
import type { ConfigProblem } from '../settings/config-error.js';
import type { DeploymentConfig, ModelGroupConfig } from '../settings/gateway-config.js';
import type {
  PoolConfig,
  PoolOptions,
  RaceConfig,
  RouteConfig,
  RouteTerms,
  WhenConfig,
} from '../settings/route-config.js';
import { checkShape } from './check-shape.js';
import { routeSchemas } from './config-schema.js';
import { didYouMean } from './nearest-name.js';

export interface RouteContext {
  readonly group: string;
  /** The path of the group in the configuration: `models.smart`. */
  readonly path: string;
  /** The path of the deployments of a group without a route. */
  deploymentPath(index: number): string;
  readonly retries: RetryPolicy;
  isGroup(name: string): boolean;
  readonly groupNames: readonly string[];
  readonly problems: ConfigProblem[];
  deployment(config: DeploymentConfig, path: string): Deployment | undefined;
}

export interface BuiltRoute {
  readonly route: RouteNode;
  /** Its own deployments. */
  readonly deployments: readonly Deployment[];
  /** The groups it refers to. */
  readonly references: readonly string[];
}

/** The route of a group; its errors are added to the problems. */
export function buildRoute(group: ModelGroupConfig, context: RouteContext): BuiltRoute {
  const { problems, path } = context;
  const own: Deployment[] = [];
  const references = new Set<string>();
  const route = rootOf(group);
  return { route, deployments: own, references: [...references] };

  function rootOf({ deployments, route: tree, strategy, hedge, limits }: ModelGroupConfig): RouteNode {
    const options = { ...(strategy && { strategy }), ...(hedge && { hedge }) };
    if ((deployments === undefined) === (tree === undefined)) {
      problems.push({
        path,
        message:
          deployments === undefined
            ? 'has neither "deployments" nor a "route".'
            : 'has "deployments" and a "route": put the deployments into the route.',
      });
      return empty(path);
    }
    if (deployments !== undefined) {
      const at = (index: number) => context.deploymentPath(index);
      return { ...poolOf(deployments, options, at), ...termsOf({ ...(limits && { limits }) }, 'deployments') };
    }
    for (const name of Object.keys(options)) {
      problems.push({ path: `${path}.${name}`, message: 'belongs to deployments: set it in the route, next to them.' });
    }
    const node = nodeOf(tree as RouteConfig, 'route');
    return limits === undefined
      ? node
      : { ...termsOf({ limits }, 'route'), kind: 'fallback', nodes: [node], on: undefined };
  }

  function nodeOf(config: RouteConfig, at: string): RouteNode {
    if (typeof config === 'string') return leafOf(config, at, {});
    if (Array.isArray(config)) return splitOf(config as readonly RouteConfig[], at, {});
    const where = `${path}.${at}`;
    const kinds = Object.keys(routeSchemas) as (keyof typeof routeSchemas)[];
    const isObject = typeof config === 'object' && config !== null;
    const found = isObject ? kinds.filter((kind) => Object.hasOwn(config, kind)) : [];
    const [kind] = found;
    if (kind === undefined || found.length > 1) {
      const says = found.length > 1 ? `has more than one decision, "${found.join('" and "')}"` : 'has no decision';
      problems.push({ path: where, message: `${says}: give one of ${kinds.map((each) => `"${each}"`).join(', ')}.` });
      return empty(at);
    }
    const wrong = checkShape(config, routeSchemas[kind], where);
    problems.push(...wrong);
    if (wrong.length > 0) return empty(at);
    return decisionOf(kind, config as Decision, at);
  }

  function decisionOf(kind: keyof typeof routeSchemas, config: Decision, at: string): RouteNode {
    const terms = termsOf(config, at);
    const children = () =>
      (config[kind as 'race'] as readonly RouteConfig[]).map((child, index) =>
        nodeOf(child, `${at}.${kind}[${index}]`),
      );
    switch (kind) {
      case 'single':
        return leafOf(config.single, at, config);
      case 'deployments':
        return { ...poolOf(config.deployments, config, (index) => `${path}.${at}.deployments[${index}]`), ...terms };
      case 'split':
        return splitOf(config.split, `${at}.split`, config);
      case 'fallback':
        return { ...terms, kind, nodes: children(), on: config.on && new Set(config.on) };
      case 'race':
        return { ...terms, kind, nodes: children(), afterMs: config.afterMs ?? 0 };
      case 'cheapest':
      case 'fastest':
        return { ...terms, kind, nodes: children() };
      case 'when': {
        const branches = config.when.map((branch, index) => ({
          if: branch.if,
          to: nodeOf(branch.to, `${at}.when[${index}].to`),
        }));
        const otherwise = config.otherwise === undefined ? undefined : nodeOf(config.otherwise, `${at}.otherwise`);
        return { ...terms, kind, branches, otherwise };
      }
    }
  }

  function leafOf(name: string, at: string, config: RouteTerms): RouteNode {
    const terms = termsOf(config, at);
    if (context.isGroup(name)) {
      references.add(name);
      return { ...terms, kind: 'group', group: name };
    }
    if (name.includes('/')) return { ...poolOf([name], {}, () => `${path}.${at}`), ...terms };
    const known = context.groupNames.join(', ');
    problems.push({
      path: `${path}.${at}`,
      message: `there is no model group "${name}"${didYouMean(name, context.groupNames)}. There are: ${known}. A deployment is "provider/model".`,
    });
    return empty(at);
  }

  function splitOf(parts: readonly unknown[], at: string, config: RouteTerms): RouteNode {
    const shares = parts.map((part, index) => {
      const where = `${at}[${index}]`;
      if (!isShare(part)) return { weight: 1, to: nodeOf(part as RouteConfig, where) };
      const { weight, to, ...others } = part;
      if (typeof weight !== 'number' || !(weight > 0)) {
        problems.push({ path: `${path}.${where}.weight`, message: 'must be a number above 0.' });
      }
      for (const other of Object.keys(others)) {
        problems.push({
          path: `${path}.${where}.${other}`,
          message: 'is not a key of a share, which has "weight" and "to".',
        });
      }
      return { weight: Number(weight), to: nodeOf(to as RouteConfig, `${where}.to`) };
    });
    return { ...termsOf(config, at), kind: 'split', shares };
  }

  function poolOf(
    configs: readonly DeploymentConfig[],
    { strategy = 'weighted', hedge }: PoolOptions,
    pathOf: (index: number) => string,
  ): Pool {
    const built = configs
      .map((config, index) => context.deployment(config, pathOf(index)))
      .filter((deployment) => deployment !== undefined);
    if (configs.length === 0) problems.push({ path, message: 'has no deployment.' });
    own.push(...built);
    return {
      ...termsOf({}, 'deployments'),
      kind: 'pool',
      deployments: built,
      strategy: strategyOf(strategy),
      hedge: hedge && { afterMs: hedge === true ? undefined : hedge.afterMs },
    };
  }

  function termsOf({ retries, totalMs, limits }: RouteTerms, at: string): NodeTerms {
    return { path: at, retries: retries && { ...context.retries, ...retries }, totalMs, limits };
  }

  /** A placeholder for an invalid node: the configuration is rejected anyway. */
  function empty(at: string): RouteNode {
    return { ...termsOf({}, at), kind: 'fallback', nodes: [], on: undefined };
  }
}

/** A decision that has passed its own schema: the keys of all decisions. */
type Decision = RouteTerms & {
  readonly single: string;
  readonly deployments: PoolConfig['deployments'];
  readonly strategy?: NonNullable<PoolOptions['strategy']>;
  readonly hedge?: NonNullable<PoolOptions['hedge']>;
  readonly split: readonly unknown[];
  readonly fallback: readonly RouteConfig[];
  readonly on?: readonly FailureKind[];
  readonly race: RaceConfig['race'];
  readonly afterMs?: number;
  readonly when: readonly { readonly if: Condition; readonly to: RouteConfig }[];
  readonly otherwise?: WhenConfig['otherwise'];
};

function strategyOf(strategy: NonNullable<PoolOptions['strategy']>): Strategy {
  if (typeof strategy === 'object') return { by: strategy.by, key: strategy.key ?? 'prompt' };
  return strategy === 'sticky' ? { by: strategy, key: 'prompt' } : { by: strategy };
}

function isShare(part: unknown): part is { weight: unknown; to: unknown } {
  return typeof part === 'object' && part !== null && 'to' in part;
}
