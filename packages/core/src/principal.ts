import type { OperationName } from './operation.js';

/** Who a call is made for and charged to. Read once per call, then frozen for every later hook (R-EMB-2). */
export interface Principal {
  /** Stable id of the user, team or job; limits and budgets are kept under it. */
  readonly id: string;
  readonly team?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Model groups it may use; absent means all of them. `'fast'`, or a prefix with a star: `'team-a/*'`. */
  readonly models?: readonly string[] | undefined;
  /** Operations it may use; absent means all of them. */
  readonly operations?: readonly OperationName[] | undefined;
  readonly limits?: RateLimits | undefined;
  readonly budget?: Budget | undefined;
  /** The host's own facts, handed to every hook and to the usage record. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Limits per minute and at a time; absent means unlimited. */
export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Calls under way at the same time. */
  readonly concurrentCalls?: number | undefined;
}

/** How much a principal may spend in a period. */
export interface Budget {
  /** US dollars; kept inside as an integer of nano-dollars. */
  readonly usd: number;
  /** The period, aligned to UTC; `total` never starts anew. Default `'month'`. */
  readonly per?: 'hour' | 'day' | 'month' | 'total' | undefined;
}

/** How the principal was found. Calls that came by an ambient credential (`session`) need protection from other sites. */
export type Via = CredentialSource | 'internal';

/** Where a principal may come from: a virtual key, an ephemeral token, the host's own session, or nowhere. */
export type CredentialSource = 'key' | 'token' | 'session' | 'anonymous';

/**
 * What later hooks and the usage record see (R-EMB-2). A copy of the fields that are ours: hosts return their own user
 * objects, which go on changing and may hold what no record should.
 */
export function settledPrincipal(principal: Principal): Principal {
  const { id, team, tags, models, operations, limits, budget, metadata } = principal;
  return Object.freeze({ id, team, tags, models, operations, limits, budget, metadata });
}
