import type { CallWarnings } from './call-warnings.js';
import type { Cancellation } from './cancellation.js';
import type { Deployment } from './deployment.js';
import type { JsonObject } from './encoding/json.js';
import type { FailureKind } from './errors.js';
import type { Form } from './forms/form.js';
import type { ModelGroup } from './model-group.js';
import type { Operation, RequestSummary, UpstreamOperation } from './operation.js';
import type { Principal, Via } from './principal.js';
import type { RoutingOverrides } from './routes/routing-overrides.js';
import type { Account } from './stores/account-store.js';
import type { HeaderLookup } from './transport.js';

/** One client request in progress: one id, one principal, one outcome. */
export interface Call<Host = unknown, Asked extends Operation = UpstreamOperation> {
  /** Also the request id the client sees and the idempotency key of the usage record. */
  readonly id: string;
  readonly operation: Asked;
  readonly principal: Principal;
  readonly via: Via;
  readonly summary: RequestSummary;
  /** JSON, or the fields of `form`. */
  readonly body: JsonObject;
  /** The headers of the request. Routes may test them, and some APIs have parameters in headers. */
  readonly headers: HeaderLookup;
  /** The parts of the body, with files, if it was sent as a form. */
  readonly form: Form | undefined;
  /** The requested model group. */
  readonly group: ModelGroup;
  /** The routing overrides of the request; undefined if there are none or they are not allowed. */
  readonly overrides: RoutingOverrides | undefined;
  /** What it reserves, where that does not follow from its body and its route. */
  readonly fixedNeed?: FixedNeed | undefined;
  /** The longest it may take, in milliseconds. */
  readonly maxDurationMs: number;
  /** The stored response that this request continues. */
  readonly previousResponse?: PreviousResponse | undefined;
  /** Restricts which deployments may be used, beyond those that support the operation. */
  readonly deploymentFilter?: ((deployment: Deployment) => boolean) | undefined;
  readonly host: Host;
  /** The tags of its principal and, where routing overrides are allowed, of the request. */
  readonly tags: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly cancellation: Cancellation;
  /** The accounts under which it was admitted, with their limits as they were then. */
  accounts: readonly Account[];
  /** Every upstream request made for the call, in order. */
  readonly attempts: Attempt[];
  /** What was dropped or could not be preserved. */
  readonly warnings: CallWarnings;
}

/**
 * What a call reserves of budgets and token limits. `'nothing'` if it costs nothing, so that those limits do not apply;
 * `'uncounted'` if no limit applies.
 */
export type FixedNeed = FixedEstimate | 'nothing' | 'uncounted';

interface FixedEstimate {
  /** Whose prices apply. */
  readonly deployment: Deployment;
  readonly tokens: number;
  /** Undefined if it is not known. */
  readonly costNanoUsd: number | undefined;
}

/** A stored response that a request refers to. */
export interface PreviousResponse {
  /** The field of the request. */
  readonly field: string;
  /** The id that the client knows it by. */
  readonly publicId: string;
  /** The upstream's own. */
  readonly upstreamId: string;
  readonly deployment: Deployment;
}

/** One upstream request of a call. Times are milliseconds since the epoch. */
export interface Attempt {
  /** The group for which it was made; differs from the call's after a fallback. */
  readonly group: string;
  readonly deployment: string;
  readonly provider: string;
  readonly model: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** When the first content of the answer arrived. */
  firstContentAt: number | undefined;
  /** HTTP status, once known. */
  status: number | undefined;
  /** The vendor's own id of the request, for its support. */
  upstreamRequestId: string | undefined;
  /** Why it failed; undefined while it runs and if it succeeded. */
  failure: FailureKind | undefined;
}
