import type { ReplyHeaders } from './reply.js';

/** What routing may do about a failure. Routing reads only this, never a vendor's status. */
export interface FailureTraits {
  /** HTTP status the client sees. */
  readonly status: number;
  /** `error.type` and `error.code` of the OpenAI error shape. */
  readonly type: string;
  readonly code: string;
  /** The same deployment may be tried again. */
  readonly retryable: boolean;
  /** Another deployment may be tried: always, never, or only one that is configured for this kind. */
  readonly failover: 'always' | 'never' | 'context' | 'content';
  /** The deployment goes into cooldown: at once, after several failures in a row, or not at all. */
  readonly cooldown: 'immediate' | 'repeated' | 'never';
}

/** The closed list of everything that can go wrong with a call. */
export const FAILURES = {
  // Failures of an upstream.
  rate_limited: traits(429, 'rate_limit_error', 'rate_limit_exceeded', true, 'always', 'immediate'),
  quota_exhausted: traits(429, 'insufficient_quota', 'insufficient_quota', false, 'always', 'immediate'),
  overloaded: traits(503, 'overloaded_error', 'overloaded', true, 'always', 'immediate'),
  timeout: traits(504, 'timeout_error', 'timeout', true, 'always', 'repeated'),
  network: traits(502, 'api_error', 'upstream_unreachable', true, 'always', 'repeated'),
  upstream_error: traits(502, 'api_error', 'upstream_error', true, 'always', 'repeated'),
  unauthorized_upstream: traits(502, 'api_error', 'upstream_unauthorized', false, 'always', 'immediate'),
  upstream_model_not_found: traits(404, 'invalid_request_error', 'model_not_found', false, 'always', 'immediate'),
  context_too_long: traits(400, 'invalid_request_error', 'context_length_exceeded', false, 'context', 'never'),
  content_filtered: traits(400, 'invalid_request_error', 'content_policy_violation', false, 'content', 'never'),
  invalid_input: traits(400, 'invalid_request_error', 'invalid_request', false, 'never', 'never'),
  // Rejected by the gateway itself.
  unauthenticated: traits(401, 'authentication_error', 'invalid_api_key', false, 'never', 'never'),
  forbidden: traits(403, 'permission_error', 'permission_denied', false, 'never', 'never'),
  model_not_found: traits(404, 'invalid_request_error', 'model_not_found', false, 'never', 'never'),
  not_found: traits(404, 'invalid_request_error', 'not_found', false, 'never', 'never'),
  method_not_allowed: traits(405, 'invalid_request_error', 'method_not_allowed', false, 'never', 'never'),
  request_timeout: traits(408, 'invalid_request_error', 'request_timeout', false, 'never', 'never'),
  too_large: traits(413, 'invalid_request_error', 'request_too_large', false, 'never', 'never'),
  unsupported_media_type: traits(415, 'invalid_request_error', 'unsupported_media_type', false, 'never', 'never'),
  over_rate_limit: traits(429, 'rate_limit_error', 'rate_limit_exceeded', false, 'never', 'never'),
  over_budget: traits(429, 'insufficient_quota', 'insufficient_quota', false, 'never', 'never'),
  unavailable: traits(503, 'overloaded_error', 'unavailable', false, 'always', 'never'),
  client_closed: traits(499, 'invalid_request_error', 'client_closed_request', false, 'never', 'never'),
  // An attempt that lost against a faster one; no client ever sees it.
  superseded: traits(499, 'api_error', 'superseded', false, 'never', 'never'),
  internal: traits(500, 'api_error', 'internal_error', false, 'never', 'never'),
} as const satisfies Record<string, FailureTraits>;

/** The reason of a failed call or attempt. */
export type FailureKind = keyof typeof FAILURES;

export interface GatewayErrorOptions {
  /** HTTP status if it differs from that of the kind (413 and 422 are both `invalid_input`). */
  readonly status?: number;
  /** `error.code` if it differs from that of the kind. */
  readonly code?: string | undefined;
  /** The invalid field of the request, as a path: `messages[2].content`. */
  readonly param?: string | undefined;
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the same deployment may be tried again, if it differs from the kind. */
  readonly retryable?: boolean;
  /** HTTP status of the upstream's response. */
  readonly upstreamStatus?: number | undefined;
  /** Additional headers of the error response: how much of which limit is left. */
  readonly headers?: ReplyHeaders;
  /** What the vendor's own words say that it refused; undefined where they do not say it. */
  readonly about?: RefusedThing | undefined;
  readonly fault?: CallerFault | undefined;
  /** What the message does not tell the caller: names of deployments, hosts and ports, what an operator should check. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/**
 * What a vendor says that it refused: its model, the operation that the model was asked for, one of these two without
 * saying which, or the service tier.
 */
export type RefusedThing = 'model' | 'operation' | 'model_or_operation' | 'tier';

/**
 * What a failure of an upstream has to do with what the caller asked for. `caller`: the caller caused it, so nobody else is
 * asked. `unclear`: something that the caller set may have caused it, so others are asked. In both cases nothing is learned
 * from it about the deployment.
 */
export type CallerFault = 'caller' | 'unclear';

const NO_HEADERS: ReplyHeaders = [];

const brand = Symbol.for('portico.GatewayError');

/**
 * The only error class of the gateway. Its message says what was requested, what was found and what to do. It never
 * contains a credential or a prompt. `cause` is for logs and never sent to a client.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly kind: FailureKind;
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;
  readonly upstreamStatus: number | undefined;
  readonly headers: ReplyHeaders;
  readonly about: RefusedThing | undefined;
  readonly fault: CallerFault | undefined;
  /** For the log, never for a client. */
  readonly detail: string | undefined;

  constructor(kind: FailureKind, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const own = FAILURES[kind];
    this.kind = kind;
    this.status = options.status ?? own.status;
    this.type = own.type;
    this.code = options.code ?? own.code;
    this.param = options.param;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable ?? own.retryable;
    this.upstreamStatus = options.upstreamStatus;
    this.headers = options.headers ?? NO_HEADERS;
    this.about = options.about;
    this.fault = options.fault;
    this.detail = options.detail;
  }

  /** What routing may do: what the kind says, and less where it may be the caller's fault. */
  get traits(): FailureTraits {
    const own = FAILURES[this.kind];
    if (this.fault === undefined) return own;
    return { ...own, cooldown: 'never', ...(this.fault === 'caller' && { failover: 'never' }) };
  }

  get [brand](): true {
    return true;
  }

  // A bundled and an installed copy of core must recognise each other's errors.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The same failure but for what `changes` says. */
export function changedError(
  failure: GatewayError,
  changes: GatewayErrorOptions & { readonly kind?: FailureKind; readonly message?: string },
): GatewayError {
  const { kind = failure.kind, message = failure.message, ...options } = changes;
  return new GatewayError(kind, message, {
    status: failure.status,
    code: failure.code,
    param: failure.param,
    retryAfterMs: failure.retryAfterMs,
    retryable: failure.retryable,
    upstreamStatus: failure.upstreamStatus,
    headers: failure.headers,
    about: failure.about,
    fault: failure.fault,
    detail: failure.detail,
    cause: failure.cause,
    ...options,
  });
}

/**
 * A failure as a caller may read it. What a vendor, a socket or a deployment said names vendors, models, hosts and ports, and
 * says what an operator must check: that is for the log, under the request id. What the caller caused is said in full.
 * `model` is the name that the caller asked for; undefined where the request was not read.
 */
export function errorForCaller(failure: GatewayError, model: string | undefined): GatewayError {
  const says = SAFE_MESSAGES[failure.kind];
  // Where something that the caller set may have caused it, the vendor's words say what.
  if (says === undefined || failure.fault !== undefined) return failure;
  return changedError(failure, { message: says(model === undefined ? 'The model' : `"${model}"`) });
}

/** Kinds whose message comes from an upstream, or is about one. */
const SAFE_MESSAGES: { readonly [Kind in FailureKind]?: (model: string) => string } = {
  network: (model) => `${model} cannot be reached at the moment. Try again later.`,
  timeout: (model) => `${model} did not answer in time.`,
  upstream_error: (model) => `${model} failed to answer. Try again later.`,
  unauthorized_upstream: (model) => `${model} is not available: this application could not sign in to its vendor.`,
  upstream_model_not_found: (model) => `${model} is not available at the moment.`,
  overloaded: (model) => `${model} is overloaded at the moment. Try again later.`,
  rate_limited: (model) => `${model} is at its rate limit at the moment. Try again later.`,
  quota_exhausted: (model) => `${model} is not available: this application's quota for it is used up.`,
};

/** Anything that was thrown and is no `GatewayError` is a bug, or a hook's: the client learns nothing of it, the log does. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(
    'internal',
    'The gateway failed on this request. The cause is in its log, under the request id.',
    { cause: error },
  );
}

/** Why an attempt ends that lost to another one. */
export function superseded(): GatewayError {
  return new GatewayError('superseded', 'Another attempt was faster.');
}

function traits(
  status: number,
  type: string,
  code: string,
  retryable: boolean,
  failover: FailureTraits['failover'],
  cooldown: FailureTraits['cooldown'],
): FailureTraits {
  return { status, type, code, retryable, failover, cooldown };
}
