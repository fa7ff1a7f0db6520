import type { Deployment } from './deployment.js';
import type { FailureKind } from './errors.js';
import type { Recovery } from './partial-answer.js';
import type { RouteNode } from './routes/route-node.js';

/** A public model name that clients request, and what serves it. Created at start, never changed. */
export interface ModelGroup {
  readonly name: string;
  /** Which deployments are tried, and in which order. */
  readonly route: RouteNode;
  /** All of its own deployments; a route may also refer to other groups. */
  readonly deployments: readonly Deployment[];
  /** The other groups that its route refers to. */
  readonly references: readonly string[];
  /** Groups to try when this one cannot answer, in order. */
  readonly fallbacks: readonly string[];
  /** Groups to try when the input is too long for this one. */
  readonly contextFallbacks: readonly string[];
  /** Groups to try when this one's content filter has rejected the call; if empty, the rejection is the answer. */
  readonly contentFallbacks: readonly string[];
  readonly retries: RetryPolicy;
  /** Longest a call may take over all attempts, in milliseconds. */
  readonly totalMs: number;
  /** Whether broken streams are resumed; undefined: no. */
  readonly recovery: Recovery | undefined;
  /** How long streams are buffered after their first content; undefined: not at all. */
  readonly initialBuffer: InitialBuffer | undefined;
}

/** Whichever comes first releases the stream. */
export interface InitialBuffer {
  /** This many characters of output. */
  readonly characters?: number;
  /** This many milliseconds since the first content. */
  readonly ms?: number;
}

/** How often and how fast a deployment is tried again. */
export interface RetryPolicy {
  /** Attempts after the first one, over all deployments of a group that were already tried. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** `maxRetries` for failures of this kind. */
  readonly byKind?: Readonly<Partial<Record<FailureKind, number>>>;
}
