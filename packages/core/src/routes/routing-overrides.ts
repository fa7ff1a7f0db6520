import type { Call } from '../call.js';
import type { FailureKind } from '../errors.js';
import type { ModelGroup, RetryPolicy } from '../model-group.js';
import type { Operation } from '../operation.js';

/** The routing overrides of one request, if the configuration allows them (`requestOverrides`). */
export interface RoutingOverrides {
  /** The tags of the request, in addition to those of its principal. */
  readonly tags: readonly string[];
  /** Groups to try when the requested one cannot answer, instead of the configured ones; undefined if not set. */
  readonly fallbacks: readonly string[] | undefined;
  /** The same for an input that is too long. */
  readonly contextFallbacks: readonly string[] | undefined;
  /** The same for an answer that a content filter rejected. */
  readonly contentFallbacks: readonly string[] | undefined;
  /** Only the requested group may answer. */
  readonly fallbacksOff: boolean;
  /** Most groups after the first. */
  readonly maxFallbacks: number | undefined;
  readonly maxRetries: number | undefined;
  /** Longest duration of the call; never more than the group's own. */
  readonly totalMs: number | undefined;
}

/** The lists of fallbacks, by what the failure allows. */
export const FALLBACK_LISTS = ['fallbacks', 'contextFallbacks', 'contentFallbacks'] as const;

export type FallbackList = (typeof FALLBACK_LISTS)[number];

type OverridableCall = Pick<Call<unknown, Operation>, 'group' | 'overrides'>;

/**
 * The groups to try when a group cannot answer. Fallbacks named in a request replace all others, and have no
 * fallbacks of their own.
 */
export function fallbackNames(
  { group: first, overrides }: OverridableCall,
  group: ModelGroup,
  list: FallbackList,
): readonly string[] {
  if (overrides === undefined) return group[list];
  if (overrides.fallbacksOff) return [];
  const named = overrides[list];
  if (named === undefined) return group[list];
  return group === first ? named : [];
}

/** How many more groups may be tried, given the number already tried or planned besides the first. */
export function fallbacksLeft({ overrides }: OverridableCall, taken: number): number {
  return Math.max(0, (overrides?.maxFallbacks ?? Number.POSITIVE_INFINITY) - taken);
}

/** How often a group may be tried again after a failure of this kind. */
export function maxRetriesOf(
  { overrides }: OverridableCall,
  { byKind, maxRetries }: RetryPolicy,
  kind: FailureKind,
): number {
  return overrides?.maxRetries ?? byKind?.[kind] ?? maxRetries;
}

/** Longest duration of a call over all attempts. */
export function totalMsOf({ group, overrides }: OverridableCall): number {
  return Math.min(group.totalMs, overrides?.totalMs ?? Number.POSITIVE_INFINITY);
}
