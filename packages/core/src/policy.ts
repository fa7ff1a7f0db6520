import type { GatewayError } from './errors.js';
import type { JsonObject, MaybePromise } from './json.js';
import type { OperationName } from './operation.js';
import type { Principal, Via } from './principal.js';
import type { Steering } from './steering.js';

/** What every policy sees besides the host's own objects. */
export interface PolicyRequest {
  readonly requestId: string;
  readonly method: string;
  /** Below the mount. */
  readonly path: string;
  header(name: string): string | undefined;
  readonly ip: string | undefined;
  /** Fires when the client leaves. */
  readonly signal: AbortSignal;
}

/**
 * Finds out who is calling, from the host's own session. Runs once per call, before the body is read, only if no virtual
 * key was shown. `undefined`, `null` or `false`: not mine, ask the next. Throwing a `GatewayError` (or anything with a
 * 4xx `status`) refuses with it; any other throw is a 500 without details.
 */
export type Authenticate<Host> = (
  request: Host & { readonly request: PolicyRequest },
) => MaybePromise<Principal | undefined | null | false | ''>;

/** What `authorize` decides about. */
export interface AuthorizeRequest extends PolicyRequest {
  readonly principal: Principal;
  readonly via: Via;
  readonly operation: OperationName;
  /** The model group asked for. */
  readonly model: string;
  readonly stream: boolean;
  readonly body: Readonly<JsonObject>;
  /** What the request asks of its own routing, with `requestOverrides`. */
  readonly steering: Steering | undefined;
}

/** Decides whether a call that access and limits would allow may go on. Return an error to refuse, nothing to allow; a throw refuses, and so does any other answer. */
export type Authorize<Host> = (
  request: Host & { readonly request: AuthorizeRequest },
) => MaybePromise<GatewayError | undefined | void>;
