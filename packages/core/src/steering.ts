import type { Call } from './call.js';
import type { FailureKind } from './errors.js';
import type { ModelGroup, RetryPolicy } from './model-group.js';
import type { Operation } from './operation.js';

/** What one request asks of its own routing, where the configuration lets it (`requestOverrides`). */
export interface Steering {
  /** What it calls itself by, besides the tags of its principal. */
  readonly tags: readonly string[];
  /** Groups to ask when the one asked for cannot answer, instead of those of the configuration; undefined where nothing is said. */
  readonly fallbacks: readonly string[] | undefined;
  /** The same for an input that is too long. */
  readonly contextFallbacks: readonly string[] | undefined;
  /** The same for an answer that a content filter refused. */
  readonly contentFallbacks: readonly string[] | undefined;
  /** Nobody but the group asked for may answer. */
  readonly fallbacksOff: boolean;
  /** Most groups that are asked after the first. */
  readonly maxFallbacks: number | undefined;
  readonly maxRetries: number | undefined;
  /** Longest the call may take; never more than the group's own. */
  readonly totalMs: number | undefined;
}

/** The lists of fallbacks there are, by what the failure allows. */
export const FALLBACK_LISTS = ['fallbacks', 'contextFallbacks', 'contentFallbacks'] as const;

export type FallbackList = (typeof FALLBACK_LISTS)[number];

type Steered = Pick<Call<unknown, Operation>, 'group' | 'steering'>;

/** Who is asked when a group cannot answer. What a request names itself is all it wants, and has no fallbacks of its own. */
export function fallbackNames(
  { group: first, steering }: Steered,
  group: ModelGroup,
  list: FallbackList,
): readonly string[] {
  if (steering === undefined) return group[list];
  if (steering.fallbacksOff) return [];
  const named = steering[list];
  if (named === undefined) return group[list];
  return group === first ? named : [];
}

/** How many more groups may be asked when so many were, or are about to be, besides the first. */
export function fallbacksLeft({ steering }: Steered, taken: number): number {
  return Math.max(0, (steering?.maxFallbacks ?? Number.POSITIVE_INFINITY) - taken);
}

/** How often a group may be asked again after a failure of this kind. */
export function maxRetriesOf({ steering }: Steered, { byKind, maxRetries }: RetryPolicy, kind: FailureKind): number {
  return steering?.maxRetries ?? byKind?.[kind] ?? maxRetries;
}

/** Longest a call may take over all attempts. */
export function totalMsOf({ group, steering }: Steered): number {
  return Math.min(group.totalMs, steering?.totalMs ?? Number.POSITIVE_INFINITY);
}
