import type { FailureKind } from '../errors.js';
import type { RetryPolicy } from '../model-group.js';
import type { RateLimits } from '../principal.js';
import type { StickyKey, StrategyName } from '../routes/strategy.js';
import type { Condition } from './condition.js';
import type { DeploymentConfig } from './gateway-config.js';

/**
 * Which deployment answers a call. A string is another model group, or `provider/model`; a list is a split in equal
 * shares; everything else names its decision. Nested at will, and every node may have settings of its own.
 */
export type RouteConfig<Name extends string = string> =
  | Name
  | (string & {})
  | readonly RouteConfig<Name>[]
  | SingleConfig<Name>
  | PoolConfig
  | SplitConfig<Name>
  | FallbackConfig<Name>
  | WhenConfig<Name>
  | RaceConfig<Name>
  | CheapestConfig<Name>
  | FastestConfig<Name>;

/** The settings of any node, for the calls that pass it. */
export interface RouteTerms {
  readonly retries?: Partial<RetryPolicy>;
  /** Longest time from here on, over all attempts below, in milliseconds. */
  readonly totalMs?: number;
  /** Limits of all calls through this node together; a call that exceeds them goes elsewhere. */
  readonly limits?: RateLimits;
}

/** A string with settings. */
export interface SingleConfig<Name extends string = string> extends RouteTerms {
  readonly single: Name | (string & {});
}

/** Deployments of one model. */
export interface PoolConfig extends RouteTerms, PoolOptions {
  readonly deployments: readonly DeploymentConfig[];
}

export interface PoolOptions {
  /** How the first deployment is chosen. Default `'weighted'`. */
  readonly strategy?: StrategyName | { readonly by: 'sticky'; readonly key?: StickyKey };
  /**
   * Starts a second attempt if the first has no content after this many milliseconds; `true`: as long as 95 of its
   * last 100 calls needed. The first content wins; the other is aborted, and its cost is recorded.
   */
  readonly hedge?: true | { readonly afterMs: number };
}

/** One at random by weight; if it fails, one of the others. */
export interface SplitConfig<Name extends string = string> extends RouteTerms {
  readonly split: readonly (RouteConfig<Name> | { readonly weight: number; readonly to: RouteConfig<Name> })[];
}

/** In order, each if those before it failed. */
export interface FallbackConfig<Name extends string = string> extends RouteTerms {
  readonly fallback: readonly RouteConfig<Name>[];
  /** Only for these failures. Default: all that another deployment may solve. */
  readonly on?: readonly FailureKind[];
}

/** The first whose condition is true; without one and without `otherwise` the call is rejected. */
export interface WhenConfig<Name extends string = string> extends RouteTerms {
  readonly when: readonly { readonly if: Condition; readonly to: RouteConfig<Name> }[];
  readonly otherwise?: RouteConfig<Name>;
}

/**
 * All of them, each this many milliseconds after the one before (default 0); the first content wins, the others are
 * aborted.
 */
export interface RaceConfig<Name extends string = string> extends RouteTerms {
  readonly race: readonly RouteConfig<Name>[];
  readonly afterMs?: number;
}

/** The cheapest first, by the prices of its deployments. */
export interface CheapestConfig<Name extends string = string> extends RouteTerms {
  readonly cheapest: readonly RouteConfig<Name>[];
}

/** The fastest first, by recent calls. */
export interface FastestConfig<Name extends string = string> extends RouteTerms {
  readonly fastest: readonly RouteConfig<Name>[];
}
