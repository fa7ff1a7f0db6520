import type { OperationName } from './operation.js';

/** For whom a call is made and charged. Read once per call, then frozen for every later hook (R-EMB-2). */
export interface Principal {
  /** Stable id of the user, team or job; limits and budgets are counted under it. */
  readonly id: string;
  readonly team?: string | undefined;
  /** The organization that its team, or itself, belongs to. */
  readonly organization?: string | undefined;
  /** The host's end customer that its calls are for. */
  readonly customer?: string | undefined;
  /** Id of the virtual key that it was found by; set by the gateway. */
  readonly keyId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Model groups it may use; absent means all. `'fast'`, or a prefix with a `*`: `'team-a/*'`. */
  readonly models?: readonly string[] | undefined;
  /** Operations it may use; absent means all. */
  readonly operations?: readonly OperationName[] | undefined;
  readonly limits?: RateLimits | undefined;
  readonly budget?: Budget | undefined;
  /** The host's own data, passed to every hook and to the usage record. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Limits per minute and on concurrency; absent means unlimited. */
export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Concurrent calls. */
  readonly concurrentCalls?: number | undefined;
}

/** `'7d'` is the same as `'week'`. */
export type BudgetPeriod = 'hour' | 'day' | 'week' | 'month' | 'total' | `${number}${'m' | 'h' | 'd' | 'w'}`;

/** How much a principal may spend in a period. */
export interface Budget {
  /** US dollars; kept inside as an integer of nano-dollars. */
  readonly usd: number;
  /**
   * The period, aligned to UTC; a week begins on Monday, `total` is never reset. A length such as `'2h'` or `'10d'` is
   * also possible: whole lengths since Monday, 5 January 1970. Default `'month'`.
   */
  readonly per?: BudgetPeriod | undefined;
}

/**
 * How the principal was identified. Calls with a `session`, which browsers send automatically, need protection from
 * other sites.
 */
export type Via = CredentialSource | 'internal';

/** Where a principal may come from: a virtual key, an ephemeral token, the host's own session, or anonymous access. */
export type CredentialSource = 'key' | 'token' | 'session' | 'anonymous';

/**
 * What later hooks and the usage record see (R-EMB-2). A copy of the known fields: hosts return their own user
 * objects, which change later and may contain what no record should.
 */
export function normalizePrincipal(principal: Principal): Principal {
  const { id, team, organization, customer, keyId, tags, models, operations, limits, budget, metadata } = principal;
  // Plans that come from a database as JSON have null for what is absent.
  return Object.freeze({
    id,
    team: team ?? undefined,
    ...(organization != null && { organization }),
    ...(customer != null && { customer }),
    ...(keyId != null && { keyId }),
    tags: tags ?? undefined,
    models: models ?? undefined,
    operations: operations ?? undefined,
    limits: limits ?? undefined,
    budget: budget ?? undefined,
    metadata: metadata ?? undefined,
  });
}
