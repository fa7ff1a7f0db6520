import type { Deployment } from './deployment.js';
import type { FailureKind } from './errors.js';
import type { Recovery } from './recovery.js';
import type { RouteNode } from './route-node.js';

/** The public model name a client asks for, and what stands behind it. Made at boot, never changed. */
export interface ModelGroup {
  readonly name: string;
  /** Who is asked, and in which order. */
  readonly route: RouteNode;
  /** All deployments of its own; a route may lead to other groups' besides. */
  readonly deployments: readonly Deployment[];
  /** The other groups that its route leads to. */
  readonly leadsTo: readonly string[];
  /** Groups asked when this one cannot answer, in order. */
  readonly fallbacks: readonly string[];
  /** Groups asked when the input is too long for this one. */
  readonly contextFallbacks: readonly string[];
  /** Groups asked when this one's content filter refused; empty means that the refusal is the answer. */
  readonly contentFallbacks: readonly string[];
  readonly retries: RetryPolicy;
  /** Longest a call may take over all attempts, in milliseconds. */
  readonly totalMs: number;
  /** Whether streams that break are taken up; undefined for not. */
  readonly recovery: Recovery | undefined;
  /** How long streams are kept back after their first content; undefined for not at all. */
  readonly hold: StreamHold | undefined;
}

/** What comes first lets a stream go. */
export interface StreamHold {
  /** So many characters of output. */
  readonly characters?: number;
  /** So many milliseconds since the first content. */
  readonly ms?: number;
}

/** How often and how fast a deployment is asked again. */
export interface RetryPolicy {
  /** Attempts after the first one, over all deployments of a group that were already asked. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** `maxRetries` where the failure is of this kind. */
  readonly byKind?: Readonly<Partial<Record<FailureKind, number>>>;
}
