import type { JsonObject } from './encoding/json.js';
import type { UpstreamOperationName } from './operation.js';
import type { BudgetPeriod, Principal, RateLimits } from './principal.js';
import type { StrategyName } from './routes/strategy.js';
import type { ModelName } from './settings/model-pattern.js';
import type { CalendarPeriod } from './stores/periods.js';
import type { Scope } from './stores/scope.js';
import type { CountedAmount } from './usage/counter-key.js';
import type { PriceSheet } from './usage/price.js';

/** A call that is only explained. */
export interface ExplainQuestion<Name extends string = string> {
  readonly model: ModelName<Name>;
  readonly as: Principal;
  /** Default: `chat.completions`. */
  readonly operation?: UpstreamOperationName;
  /** The rest of the request. Default: a short greeting. */
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What would happen to a call now. No upstream is called. */
export interface Explanation {
  /** The group it is for. */
  readonly model: string;
  readonly route: ExplainedNode;
  /** The groups that would be tried if this one cannot answer, in order, without those that the caller may not use. */
  readonly fallbacks: readonly string[];
  /** Input tokens as estimated. */
  readonly inputTokens: number;
  /** The caller's limits, and what the call would reserve of each. */
  readonly limits: readonly ExplainedLimit[];
}

/** The most that a call may use and cost, on any of its routes: what is reserved for it. */
export interface CallEstimate {
  /** As estimated from the request. */
  readonly inputTokens: number;
  /** The longest answer: the client's bound, else the largest of the models that may answer. */
  readonly outputTokens: number;
  /** At the dearest price that may apply. */
  readonly costNanoUsd: number;
}

export interface ExplainedLimit {
  /** What is counted: `requests`, tokens, concurrent `calls`, or nano-dollars of a `budget`. */
  readonly counted: CountedAmount;
  /** Whose limit it is; undefined for one of the principal itself. */
  readonly scope?: Scope;
  readonly per: BudgetPeriod | CalendarPeriod;
  readonly limit: number;
  /** Used and reserved by others. */
  readonly taken: number;
  /** Of `taken`, what is reserved by calls in progress. */
  readonly reserved: number;
  readonly needs: number;
  /** Also true for a soft budget, which refuses nobody. */
  readonly fits: boolean;
}

export type ExplainedNode =
  | {
      readonly decision: 'deployments';
      readonly path: string;
      readonly strategy: StrategyName;
      readonly deployments: readonly ExplainedDeployment[];
    }
  | {
      readonly decision: 'group';
      readonly path: string;
      readonly group: string;
      /** Undefined if the caller may not use it, or if it is already part of the explanation. */
      readonly route: ExplainedNode | undefined;
    }
  | {
      readonly decision: 'split';
      readonly path: string;
      /** `share` of the calls, between 0 and 1. */
      readonly shares: readonly { readonly share: number; readonly route: ExplainedNode }[];
    }
  | {
      readonly decision: 'when';
      readonly path: string;
      /** The rule that matches: `route.when[1]`, `route.otherwise`; undefined if the call would be rejected. */
      readonly rule: string | undefined;
      readonly route: ExplainedNode | undefined;
    }
  | {
      /** `fallback`, `cheapest` and `fastest` in the order of the attempts; `race` in the order of the starts. */
      readonly decision: 'fallback' | 'cheapest' | 'fastest' | 'race';
      readonly path: string;
      readonly nodes: readonly ExplainedNode[];
    };

export interface ExplainedDeployment {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** Why it would not be used; undefined if it may be. */
  readonly why: string | undefined;
  /** How long it will still be in cooldown or at a limit, in milliseconds; 0 if it is not. */
  readonly cooldownRemainingMs: number;
  readonly order: number;
  readonly weight: number;
  /** Attempts in progress. */
  readonly inFlight: number;
  /** Its recent duration in milliseconds; undefined before its first call. */
  readonly firstContentMs: number | undefined;
  readonly wholeMs: number | undefined;
  readonly price: PriceSheet | undefined;
  /** The highest possible cost of this call here, in nano-dollars. */
  readonly worstCostNanoUsd: number | undefined;
  readonly limits: RateLimits | undefined;
}
