import type { JsonObject, MaybePromise } from '../encoding/json.js';
import type { UsageRecord } from '../usage/usage-record.js';
import type { Page, PageQuery } from './key-store.js';
import type { Scope, ScopeKind } from './scope.js';

/**
 * The ledger: the usage records of all calls, and their sums by day. Records are never changed or taken away by a call;
 * a correction is a record of its own. Money is integer nano-dollars.
 */
export interface UsageStore {
  /**
   * Keeps a batch: records, daily sums and messages for the outbox in one transaction, all or none. A record whose id is
   * there already is passed over, with its messages, so a batch may be offered again.
   */
  append(batch: readonly LedgerRecord[], options?: AppendOptions): MaybePromise<AppendResult>;
  /** Newest first by `startedAt`. */
  query(query?: UsageQuery): MaybePromise<Page<LedgerRecord>>;
  /** Sums, one row for each combination of what is grouped by, the dearest first. */
  aggregate(query: AggregateQuery): MaybePromise<readonly UsageSum[]>;
  /**
   * What calls that started in a span have used in each scope, to rebuild counters that were lost. Exact, in one look-up,
   * and also where old records are gone and only the sums of their days are left.
   */
  usedIn(spans: readonly UsageSpan[]): MaybePromise<readonly UsedInSpan[]>;
}

/** A usage record with what the ledger keeps beside it. What is absent is unknown, or does not apply. */
export interface LedgerRecord extends UsageRecord {
  /** `'adjustment'` corrects the cost of the record `adjusts` by its own, which may be below zero. Default `'call'`. */
  readonly kind?: 'call' | 'adjustment' | undefined;
  readonly adjusts?: string | undefined;
  /**
   * What the call was counted under, as it was admitted; of tags any number, of other kinds at most one. Default: what its
   * principal and its tags say, the model asked for, and `global`.
   */
  readonly scopes?: readonly Scope[] | undefined;
  /** The vendor's own id of the answer. */
  readonly responseId?: string | undefined;
  readonly finishReason?: string | undefined;
  /** How the gateway's own cache took part. */
  readonly cache?: 'hit' | 'miss' | 'skipped' | undefined;
  /** What guardrails found, by the name of each. */
  readonly guardrails?: Readonly<Record<string, string>> | undefined;
  readonly prompt?: string | undefined;
  readonly promptVersion?: string | undefined;
  readonly experiment?: string | undefined;
  readonly experimentArm?: string | undefined;
  /** Of the record's shape. Default 1. */
  readonly schemaVersion?: number | undefined;
}

export interface AppendOptions {
  /** What is to be delivered because of a record. Called once for each that is new, before the transaction ends; it must not throw. */
  readonly outbox?: ((record: LedgerRecord) => readonly NewOutboxMessage[]) | undefined;
}

/** Something to deliver; see `OutboxStore`. */
export interface NewOutboxMessage {
  /** Where to, as whoever delivers it knows it: `'stripe'`, `'webhook:billing'`. One record has one message for each topic. */
  readonly topic: string;
  readonly payload: Readonly<JsonObject>;
}

export interface AppendResult {
  /** Ids of the records that were new, in the order of the batch. */
  readonly appended: readonly string[];
}

/** Which records are meant; all conditions must hold. Times are milliseconds since the epoch and about `startedAt`. */
export interface UsageFilter {
  /** Inclusive. */
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly to?: number | undefined;
  readonly organization?: string | undefined;
  readonly team?: string | undefined;
  readonly user?: string | undefined;
  readonly key?: string | undefined;
  readonly customer?: string | undefined;
  readonly tag?: string | undefined;
  /** The model group that was asked for. */
  readonly model?: string | undefined;
  readonly deployment?: string | undefined;
  readonly prompt?: string | undefined;
  readonly promptVersion?: string | undefined;
  readonly outcome?: UsageRecord['outcome'] | undefined;
}

export interface UsageQuery extends UsageFilter, PageQuery {
  readonly id?: string | undefined;
}

/** What sums can be kept apart by. `prompt` is the name and version of a prompt, as `name@version`. */
export type UsageDimension = Exclude<ScopeKind, 'global'> | 'provider' | 'deployment' | 'prompt';

export interface AggregateQuery extends UsageFilter {
  /** Undefined: everything together. A call with several tags is in the sum of each. */
  readonly by?: UsageDimension | undefined;
  /** A sum for each day of UTC. */
  readonly byDay?: boolean | undefined;
  /** A sum for each model group. */
  readonly byModel?: boolean | undefined;
  /** Most rows. Default 1,000. */
  readonly limit?: number | undefined;
}

/** Exact up to 2^53 - 1 in each number. */
export interface UsageSum {
  /** Of the dimension; undefined where nothing is grouped by, or for calls that have none. */
  readonly id: string | undefined;
  /** `2026-03-01`. */
  readonly day: string | undefined;
  readonly model: string | undefined;
  /** Without adjustments. */
  readonly calls: number;
  /** Calls that did not end with `ok`. */
  readonly failures: number;
  readonly inputTokens: number;
  /** Of the input tokens, those read from a vendor's prompt cache. */
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  /** Calls whose cost is unknown, and not in the sum. */
  readonly unpriced: number;
}

export interface UsageSpan {
  readonly scope: Scope;
  /** Inclusive; -Infinity for a total. */
  readonly from: number;
  /** Exclusive; Infinity for a total. */
  readonly to: number;
  /** Only calls of this model group. */
  readonly model?: string | undefined;
}

export interface UsedInSpan {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
}
