import type { Deployment } from '../deployment.js';
import type { FailureKind } from '../errors.js';
import type { RetryPolicy } from '../model-group.js';
import type { RateLimits } from '../principal.js';
import type { Condition } from '../settings/condition.js';
import type { Strategy } from './strategy.js';

/** One decision on the way to an answer. Nested at will; the leaves are pools and other groups. Created at start. */
export type RouteNode = Pool | GroupReference | Split | Fallback | When | Race | Ranked;

/** The settings of any node, for the calls that pass it. */
export interface NodeTerms {
  /** Its path in the configuration, for explanations: `route.when[0].to`. */
  readonly path: string;
  readonly retries: RetryPolicy | undefined;
  /** Longest time from here on, over all attempts below, in milliseconds. */
  readonly totalMs: number | undefined;
  /** Limits of all calls through this node together; a call that exceeds them goes elsewhere. */
  readonly limits: RateLimits | undefined;
}

/** Deployments, of which one is tried, and the others if it fails. */
export interface Pool extends NodeTerms {
  readonly kind: 'pool';
  readonly deployments: readonly Deployment[];
  readonly strategy: Strategy;
  /** Start a second attempt if the first is slow. */
  readonly hedge: Hedge | undefined;
}

interface Hedge {
  /** How long the first may take until its first content; undefined: its own recent 95th percentile. */
  readonly afterMs: number | undefined;
}

/** Another model group, with its own route and fallbacks. */
interface GroupReference extends NodeTerms {
  readonly kind: 'group';
  readonly group: string;
}

/** One at random by weight; if it fails, one of the others. */
export interface Split extends NodeTerms {
  readonly kind: 'split';
  readonly shares: readonly { readonly weight: number; readonly to: RouteNode }[];
}

/** In order, each if those before it failed. */
interface Fallback extends NodeTerms {
  readonly kind: 'fallback';
  readonly nodes: readonly RouteNode[];
  /** The failures after which the next one is tried; undefined: all that another deployment may solve. */
  readonly on: ReadonlySet<FailureKind> | undefined;
}

/** The first whose condition is true. */
interface When extends NodeTerms {
  readonly kind: 'when';
  readonly branches: readonly { readonly if: Condition; readonly to: RouteNode }[];
  readonly otherwise: RouteNode | undefined;
}

/** The first, and after a while the next as well: the first content wins, the others are aborted. */
interface Race extends NodeTerms {
  readonly kind: 'race';
  readonly nodes: readonly RouteNode[];
  /** Between two starts. */
  readonly afterMs: number;
}

/** In order of cost, or of recent speed. */
interface Ranked extends NodeTerms {
  readonly kind: 'cheapest' | 'fastest';
  readonly nodes: readonly RouteNode[];
}
