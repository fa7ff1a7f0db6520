import type { Condition } from './condition.js';
import type { FailureKind } from './errors.js';
import type { DeploymentConfig } from './gateway-config.js';
import type { RetryPolicy } from './model-group.js';
import type { RateLimits } from './principal.js';
import type { StickyKey, StrategyName } from './strategy.js';

/**
 * How a call finds who answers it. A string is another model group, or `provider/model`; a list is a split in equal shares;
 * everything else names its decision. Nested at will, and every node may have terms of its own.
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

/** What any node may say of the calls that go through it. */
export interface RouteTerms {
  readonly retries?: Partial<RetryPolicy>;
  /** Longest the calls may take from here on, over all attempts below. Milliseconds. */
  readonly totalMs?: number;
  /** Limits of all calls together that go through here; one for which there is no room goes elsewhere. */
  readonly limits?: RateLimits;
}

/** A string with terms. */
export interface SingleConfig<Name extends string = string> extends RouteTerms {
  readonly single: Name | (string & {});
}

/** Deployments of one model. */
export interface PoolConfig extends RouteTerms, PoolOptions {
  readonly deployments: readonly DeploymentConfig[];
}

export interface PoolOptions {
  /** How the deployment that is asked first is chosen. Default `'weighted'`. */
  readonly strategy?: StrategyName | { readonly by: 'sticky'; readonly key?: StickyKey };
  /**
   * Asks a second deployment beside the first where that has no content after so many milliseconds; `true` for as many as
   * 95 of its last 100 calls needed less. The first content wins; the other is aborted, and its cost is on the record.
   */
  readonly hedge?: true | { readonly afterMs: number };
}

/** One by chance; where it fails, one of the others. */
export interface SplitConfig<Name extends string = string> extends RouteTerms {
  readonly split: readonly (RouteConfig<Name> | { readonly weight: number; readonly to: RouteConfig<Name> })[];
}

/** In order, each where those before it failed. */
export interface FallbackConfig<Name extends string = string> extends RouteTerms {
  readonly fallback: readonly RouteConfig<Name>[];
  /** Only for these failures. Default: all that another deployment may cure. */
  readonly on?: readonly FailureKind[];
}

/** The first whose condition holds; without any and without `otherwise` the call is refused. */
export interface WhenConfig<Name extends string = string> extends RouteTerms {
  readonly when: readonly { readonly if: Condition; readonly to: RouteConfig<Name> }[];
  readonly otherwise?: RouteConfig<Name>;
}

/** All of them, one after the other in so many milliseconds (default 0); the first content wins, the others are aborted. */
export interface RaceConfig<Name extends string = string> extends RouteTerms {
  readonly race: readonly RouteConfig<Name>[];
  readonly afterMs?: number;
}

/** The cheapest first, by what its deployments cost. */
export interface CheapestConfig<Name extends string = string> extends RouteTerms {
  readonly cheapest: readonly RouteConfig<Name>[];
}

/** The fastest of late first. */
export interface FastestConfig<Name extends string = string> extends RouteTerms {
  readonly fastest: readonly RouteConfig<Name>[];
}
