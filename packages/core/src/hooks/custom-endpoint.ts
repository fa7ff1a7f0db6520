import type { JsonObject, MaybePromise } from '../encoding/json.js';
import type { Gateway } from '../gateway.js';
import type { Principal, Via } from '../principal.js';
import type { PolicyRequest } from './policy.js';

/**
 * An endpoint of the host below the mount, such as `GET /v1/whoami`: with the authentication, access rights, request limits,
 * ledger, logs and error format of all others. Throw a `GatewayError` to refuse a request; anything else that is thrown is a 500
 * without details.
 */
export interface CustomEndpoint<Host = unknown> {
  /** How records, logs and `operations` of principals name it. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Below the mount, without `/v1`: `/whoami`, `/notes/{id}`, `/pages/{path...}`. `{name}` is one segment of the path,
   * `{name...}` at its end all that follow.
   */
  readonly path: `/${string}`;
  /** Whether it counts as one of the caller's requests per minute and concurrent calls. Default true. */
  readonly counted?: boolean;
  /** Whether its calls are on the ledger, and are seen by `authorize` and observers. Default true; without a record nothing is counted. */
  readonly recorded?: boolean;
  /** Longest time it may take, in milliseconds; then the client gets 504. Default 600,000. */
  readonly maxDurationMs?: number;
  /** Answers with an object, sent as JSON, or with a `Response`, whose body may be a stream. */
  answer(request: Host & { readonly request: EndpointRequest }): MaybePromise<JsonObject | Response>;
}

/** A request to a custom endpoint, from a caller who may make it. */
export interface EndpointRequest extends PolicyRequest {
  readonly principal: Principal;
  readonly via: Via;
  /** The gateway itself: for calls to models as the same principal, or what an operator does. */
  readonly gateway: Gateway<never>;
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Reads the body as a JSON object. Rejects with `invalid_input` for anything else, `too_large` beyond `maxBodyBytes`. */
  json(): Promise<JsonObject>;
}

/** Only for type inference. */
export function defineEndpoint<Host = unknown>(endpoint: CustomEndpoint<Host>): CustomEndpoint<Host> {
  return endpoint;
}
