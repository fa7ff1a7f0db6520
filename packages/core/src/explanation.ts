import type { JsonObject } from './json.js';
import type { ModelName } from './model-pattern.js';
import type { UpstreamOperationName } from './operation.js';
import type { PriceSheet } from './price.js';
import type { Principal, RateLimits } from './principal.js';
import type { StrategyName } from './strategy.js';

/** A call that is not made. */
export interface ExplainQuestion<Name extends string = string> {
  readonly model: ModelName<Name>;
  readonly as: Principal;
  /** Default: `chat.completions`. */
  readonly operation?: UpstreamOperationName;
  /** The rest of the request. Default: a short greeting. */
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What would become of a call now, without anybody being asked. */
export interface Explanation {
  /** The group it is for. */
  readonly model: string;
  readonly route: ExplainedNode;
  /** The groups that would be asked if this one cannot answer, in order; those that the caller may not use are left out. */
  readonly fallbacks: readonly string[];
  /** Tokens of input as they are reckoned. */
  readonly inputTokens: number;
  /** The caller's limits, and what the call would reserve of each. */
  readonly limits: readonly ExplainedLimit[];
}

export interface ExplainedLimit {
  /** What is counted: `requests`, `tokens`, `calls` at a time, or nano-dollars of a `budget`. */
  readonly counted: 'requests' | 'tokens' | 'calls' | 'budget';
  readonly per: 'minute' | 'hour' | 'day' | 'month' | 'total';
  readonly limit: number;
  /** Used and reserved by others. */
  readonly taken: number;
  readonly needs: number;
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
      /** Undefined where the caller may not use it, or it was asked already. */
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
      /** The rule that holds: `route.when[1]`, `route.otherwise`; undefined if the call would be refused. */
      readonly rule: string | undefined;
      readonly route: ExplainedNode | undefined;
    }
  | {
      /** `fallback`, `cheapest` and `fastest` in the order in which they would be asked; `race` in that of its starts. */
      readonly decision: 'fallback' | 'cheapest' | 'fastest' | 'race';
      readonly path: string;
      readonly nodes: readonly ExplainedNode[];
    };

export interface ExplainedDeployment {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** Why it would not be asked; undefined if it may be. */
  readonly why: string | undefined;
  /** For how long it still rests or is full, in milliseconds; 0 if it does not. */
  readonly restsForMs: number;
  readonly order: number;
  readonly weight: number;
  /** Attempts under way. */
  readonly inFlight: number;
  /** What it has taken of late, in milliseconds; undefined where nobody asked it yet. */
  readonly firstContentMs: number | undefined;
  readonly wholeMs: number | undefined;
  readonly price: PriceSheet | undefined;
  /** The most this call could cost here, in nano-dollars. */
  readonly worstCostNanoUsd: number | undefined;
  readonly limits: RateLimits | undefined;
}
