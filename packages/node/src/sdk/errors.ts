import { type FailureKind, GatewayError } from '@portico/core';

// Calls reject with a GatewayError that has a `kind`. These are its kinds as classes with the usual names: an
// error is an instance of the class of its kind, and still the same error.

abstract class ByKind extends GatewayError {
  static readonly kinds: readonly FailureKind[] = [];

  static override [Symbol.hasInstance](this: { readonly kinds: readonly FailureKind[] }, error: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: `this` is the class that is asked for, which is one of those below.
    return error instanceof GatewayError && this.kinds.includes(error.kind);
  }
}

/** A rate limit of the vendor or the gateway, or an exhausted quota. */
export class RateLimitError extends ByKind {
  static override readonly kinds = ['rate_limited', 'quota_exhausted', 'over_rate_limit', 'over_budget'] as const;
}

/** The credential is not accepted. */
export class AuthenticationError extends ByKind {
  static override readonly kinds = ['unauthorized_upstream', 'unauthenticated', 'forbidden'] as const;
}

/** The input is longer than the model accepts; also a `BadRequestError`. */
export class ContextWindowExceededError extends ByKind {
  static override readonly kinds = ['context_too_long'] as const;
}

/** A content filter rejected the request; also a `BadRequestError`. */
export class ContentPolicyViolationError extends ByKind {
  static override readonly kinds = ['content_filtered'] as const;
}

/** The request is invalid. */
export class BadRequestError extends ByKind {
  static override readonly kinds = ['invalid_input', 'too_large', 'context_too_long', 'content_filtered'] as const;
}

/** There is no such model. */
export class NotFoundError extends ByKind {
  static override readonly kinds = ['upstream_model_not_found', 'model_not_found', 'not_found'] as const;
}

/** It took too long. */
export class Timeout extends ByKind {
  static override readonly kinds = ['timeout', 'request_timeout'] as const;
}

/** The vendor could not be reached, or closed the connection. */
export class APIConnectionError extends ByKind {
  static override readonly kinds = ['network'] as const;
}

/** The vendor is overloaded, or no deployment is available. */
export class ServiceUnavailableError extends ByKind {
  static override readonly kinds = ['overloaded', 'unavailable'] as const;
}

/** The vendor failed. */
export class InternalServerError extends ByKind {
  static override readonly kinds = ['upstream_error', 'internal'] as const;
}
