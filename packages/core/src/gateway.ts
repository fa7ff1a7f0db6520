import type { AnswerMetadata } from './answer-metadata.js';
import type { JsonObject } from './encoding/json.js';
import type { CallEstimate, ExplainedLimit, ExplainQuestion, Explanation } from './explanation.js';
import type { IncomingRequest } from './incoming-request.js';
import type { IssuedToken } from './issued-token.js';
import type { Principal } from './principal.js';
import type { Reply } from './reply.js';
import type { ConfigProblem } from './settings/config-error.js';
import type { ReloadableConfig } from './settings/gateway-config.js';
import type { ModelName } from './settings/model-pattern.js';
import type { GatewayStatus } from './status.js';

/** A gateway, as the host uses it. */
export interface Gateway<Host = unknown, Name extends string = string> {
  /** Answers one request; undefined if its path is not one of the gateway's. Never rejects: failures are replies. */
  handle(request: IncomingRequest<Host>): Promise<Reply | undefined>;
  /**
   * The same entry point for web-standard hosts: Hono, Next.js, Bun, Deno, Workers. Authenticates like any other
   * call. Hooks that need the host's own objects get what is given as `host`.
   */
  fetch(request: Request, host?: Host, options?: FetchOptions): Promise<Response>;
  /**
   * A `fetch` that makes calls in-process as `principal`: pass it to the official client. Same policies, limits and
   * ledger, no socket; `baseURL` may be any URL that ends in `/v1`.
   */
  fetchAs(principal: Principal): typeof fetch;
  /** One chat completion in-process. Rejects with a `GatewayError`. */
  chat(request: ChatRequest<Name>, as: CallerOptions): Promise<JsonObject>;
  /** The chunks of one chat completion in-process; leaving the loop aborts the upstream. */
  chatStream(request: ChatRequest<Name>, as: CallerOptions): AsyncIterable<JsonObject>;
  /**
   * A short-lived token for `principal`, for a browser that calls the gateway without a session; it is used like an
   * API key. Valid for 10 minutes, or `expiresInMs` up to a day. Rejects if `tokens.secret` is not configured.
   */
  issueToken(principal: Principal, options?: { readonly expiresInMs?: number }): Promise<IssuedToken>;
  /**
   * Ends all calls of this principal, for a logout or a downgrade: they are aborted, their streams end with an error,
   * and tokens issued before are rejected. Later calls are identified again. Returns the number of calls that were
   * ended. Only calls of this gateway: other instances revoke their own.
   */
  revoke(principal: Principal | string): number;
  /**
   * Ends one call, by its request id: it is aborted, and its stream ends with an error (503, code `cancelled`). What was used until
   * then is billed. False if this gateway has no such call in progress.
   */
  cancelCall(id: string): boolean;
  /** The limits and budgets of a principal and of its accounts, and what is taken of each. */
  remaining(principal: Principal): Promise<readonly ExplainedLimit[]>;
  /** What the gateway does at the moment: the state of its deployments, and the calls in progress. */
  inspect(): GatewayStatus;
  /** What is wrong with a configuration that `reload` would be given; empty if nothing is. Changes nothing. */
  validate(config: ReloadableConfig): readonly ConfigProblem[];
  /**
   * What would happen to a call now: which rule and deployments, at what price, within which limits. Calls no
   * upstream and reserves nothing. Rejects with the error that the call would get.
   */
  explain(question: ExplainQuestion<Name>): Promise<Explanation>;
  /**
   * The most that a call may use and cost: what would be reserved for it. Calls no upstream and reserves nothing. Rejects with the
   * error that the call would get, also where a price is not known.
   */
  estimate(question: ExplainQuestion<Name>): Promise<CallEstimate>;
  /**
   * Replaces everything that can be in a file: models, keys, limits, deadlines and so on. Calls in progress end with
   * the configuration they began with; every later one uses the new one only. Counters, revocations and cooldowns are
   * kept, and so is what only code can set: leave it out, or pass the same objects. Throws a `ConfigError`, and
   * changes nothing, if the new configuration cannot work.
   */
  reload(config: ReloadableConfig): void;
  /** The names in the configuration, including patterns, for start-up logs. */
  readonly modelNames: readonly Name[];
  /** It accepts no more calls: `close` was called. */
  readonly isClosing: boolean;
  /** The number of calls in progress. */
  readonly openCalls: number;
  /**
   * Rejects new calls, lets running ones end for `graceMs` (default 10,000), then ends their streams with an error
   * event, flushes the sinks and closes the sockets. Safe to call twice.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

export interface FetchOptions {
  /** The path prefix of the gateway: `/llm`. All other paths are a 404. Default: the root. */
  readonly prefix?: string;
  /** The peer's address, if the runtime knows it. */
  readonly ip?: string;
}

/** A chat request in OpenAI's format; the model is one of the configured names, or matches one with a `*`. */
export interface ChatRequest<Name extends string = string> {
  readonly model: ModelName<Name>;
  readonly messages: readonly object[];
  readonly [parameter: string]: unknown;
}

export interface CallerOptions {
  readonly as: Principal;
  readonly signal?: AbortSignal;
  /**
   * Called once with how the call was answered, or failed: with the whole answer, before the first chunk of a stream,
   * or before the call rejects. Not called for requests that were rejected before a call existed: an unknown model, a
   * broken body.
   */
  readonly onAnswer?: (metadata: AnswerMetadata) => void;
}
