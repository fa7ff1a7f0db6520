import type { Condition } from './condition.js';
import type { Deployment } from './deployment.js';
import type { FailureKind } from './errors.js';
import type { RetryPolicy } from './model-group.js';
import type { RateLimits } from './principal.js';
import type { Strategy } from './strategy.js';

/** One decision on the way to an answer. Nested at will; the leaves are pools, and other groups. Made at boot. */
export type RouteNode = Pool | GroupReference | Split | Fallback | When | Race | Ranked;

/** What any node may say of the calls that go through it. */
export interface NodeTerms {
  /** Where in the configuration it stands, for explanations: `route.when[0].to`. */
  readonly path: string;
  readonly retries: RetryPolicy | undefined;
  /** Longest the calls may take from here on, over all attempts below, in milliseconds. */
  readonly totalMs: number | undefined;
  /** Limits of all calls together that go through here; one for which there is no room goes elsewhere. */
  readonly limits: RateLimits | undefined;
}

/** Deployments of which one is asked, and others in its place when it fails. */
export interface Pool extends NodeTerms {
  readonly kind: 'pool';
  readonly deployments: readonly Deployment[];
  readonly strategy: Strategy;
  /** Ask a second one where the first is slow. */
  readonly hedge: Hedge | undefined;
}

interface Hedge {
  /** How long the first may take until its first content; undefined for its own 95th percentile of late. */
  readonly afterMs: number | undefined;
}

/** Another model group, with its own route and fallbacks. */
interface GroupReference extends NodeTerms {
  readonly kind: 'group';
  readonly group: string;
}

/** One by chance, in proportion to its weight; where it fails, one of the others. */
export interface Split extends NodeTerms {
  readonly kind: 'split';
  readonly shares: readonly { readonly weight: number; readonly to: RouteNode }[];
}

/** In order, each where those before it failed. */
interface Fallback extends NodeTerms {
  readonly kind: 'fallback';
  readonly nodes: readonly RouteNode[];
  /** The failures for which the next one is asked; undefined for all that another deployment may cure. */
  readonly on: ReadonlySet<FailureKind> | undefined;
}

/** The first whose condition holds. */
interface When extends NodeTerms {
  readonly kind: 'when';
  readonly branches: readonly { readonly if: Condition; readonly to: RouteNode }[];
  readonly otherwise: RouteNode | undefined;
}

/** The first asked, and after a while the next as well: the first content wins, the others are aborted. */
interface Race extends NodeTerms {
  readonly kind: 'race';
  readonly nodes: readonly RouteNode[];
  /** Between two starts. */
  readonly afterMs: number;
}

/** In order of what they cost, or of how fast they have been of late. */
interface Ranked extends NodeTerms {
  readonly kind: 'cheapest' | 'fastest';
  readonly nodes: readonly RouteNode[];
}
