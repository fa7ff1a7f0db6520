import type { JsonObject, MaybePromise } from '../encoding/json.js';
import type { GatewayError } from '../errors.js';
import type { OperationName } from '../operation.js';
import type { Principal, Via } from '../principal.js';
import type { RoutingOverrides } from '../routes/routing-overrides.js';

/** What every policy sees besides the host's own objects. */
export interface PolicyRequest {
  readonly requestId: string;
  readonly method: string;
  /** Below the mount. */
  readonly path: string;
  header(name: string): string | undefined;
  readonly ip: string | undefined;
  /** Fires when the client disconnects. */
  readonly signal: AbortSignal;
}

/**
 * Identifies the caller from the host's own session. Runs once per call, before the body is read, and only if no
 * virtual key was sent. `undefined`, `null` or `false`: unknown, the next source is tried. A thrown `GatewayError`
 * (or anything with a 4xx `status`) rejects the call with it; any other error is a 500 without details.
 */
export type Authenticate<Host> = (
  request: Host & { readonly request: PolicyRequest },
) => MaybePromise<Principal | undefined | null | false | ''>;

/** What `authorize` decides on. */
export interface AuthorizeRequest extends PolicyRequest {
  readonly principal: Principal;
  readonly via: Via;
  readonly operation: OperationName;
  /** The requested model group. */
  readonly model: string;
  readonly stream: boolean;
  readonly body: Readonly<JsonObject>;
  /** The routing overrides of the request, with `requestOverrides`. */
  readonly overrides: RoutingOverrides | undefined;
}

/**
 * Decides whether a call that access rules and limits allow may continue. Return an error to reject it, nothing to
 * allow it; a thrown error rejects it, and so does any other result.
 */
export type Authorize<Host> = (
  request: Host & { readonly request: AuthorizeRequest },
) => MaybePromise<GatewayError | undefined | void>;
