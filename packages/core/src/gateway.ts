import type { AnswerMetadata } from './answer-metadata.js';
import type { ExplainQuestion, Explanation } from './explanation.js';
import type { ReloadableConfig } from './gateway-config.js';
import type { IncomingRequest } from './incoming.js';
import type { IssuedToken } from './issued-token.js';
import type { JsonObject } from './json.js';
import type { ModelName } from './model-pattern.js';
import type { Principal } from './principal.js';
import type { Reply } from './reply.js';

/** What a host holds. */
export interface Gateway<Host = unknown, Name extends string = string> {
  /** Answers one request; undefined if its path is none of the gateway's. Never rejects: failures are replies. */
  handle(request: IncomingRequest<Host>): Promise<Reply | undefined>;
  /**
   * The same door for web-standard hosts: Hono, Next.js, Bun, Deno, Workers. Authenticates like any other call. Hooks that
   * need the host's own objects get what is given as `host`.
   */
  fetch(request: Request, host?: Host, options?: FetchOptions): Promise<Response>;
  /**
   * A `fetch` that makes calls in-process as `principal`: hand it to the official client. Same policies, limits and
   * ledger, no socket; `baseURL` may be any URL that ends in `/v1`.
   */
  fetchAs(principal: Principal): typeof fetch;
  /** One chat completion in-process. Rejects with a `GatewayError`. */
  chat(request: ChatRequest<Name>, as: CallerOptions): Promise<JsonObject>;
  /** The chunks of one chat completion in-process; leaving the loop aborts the upstream. */
  chatStream(request: ChatRequest<Name>, as: CallerOptions): AsyncIterable<JsonObject>;
  /**
   * A short-lived token that stands for `principal`, for a browser that asks the gateway without a session: it goes where
   * an API key goes. Lives 10 minutes, or `expiresInMs` up to a day. Rejects if `tokens.secret` is not configured.
   */
  issueToken(principal: Principal, options?: { readonly expiresInMs?: number }): Promise<IssuedToken>;
  /**
   * Ends what this principal has under way, for a logout or a downgrade: its calls are aborted, their streams end with an
   * error, and tokens issued before are refused. What it asks from now on is identified anew. Answers how many calls were
   * ended. Only calls of this gateway: other instances revoke their own.
   */
  revoke(principal: Principal | string): number;
  /**
   * What would become of a call now: which rule and deployments, at what price, within which limits. Asks nobody and
   * reserves nothing. Rejects with the refusal that the call would meet.
   */
  explain(question: ExplainQuestion<Name>): Promise<Explanation>;
  /**
   * Replaces everything that a file can say: models, keys, limits, deadlines and the rest. Calls under way end on what they
   * began with; every later one goes by the new configuration alone. Counters, revocations and rests stay as they are, and
   * so does what only code can give: leave it out, or hand in the very same. Throws a `ConfigError`, and leaves everything as
   * it was, if the new configuration cannot work.
   */
  reload(config: ReloadableConfig): void;
  /** The names of the configuration, patterns among them, for start-up logs. */
  readonly modelNames: readonly Name[];
  /** It takes no more calls: `close` was called. */
  readonly isClosing: boolean;
  /** Calls under way. */
  readonly openCalls: number;
  /**
   * Refuses new calls, lets running ones end for `graceMs` (default 10,000), then ends their streams with an in-band
   * error, flushes the sinks and lets go of sockets. Safe to call twice.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

export interface FetchOptions {
  /** Where the gateway begins: `/llm`. Everything else is a 404. Default: the root. */
  readonly prefix?: string;
  /** The peer's address, where the runtime says it. */
  readonly ip?: string;
}

/** A chat request in OpenAI's shape; the model is one of the configured names, or fits one that has a star. */
export interface ChatRequest<Name extends string = string> {
  readonly model: ModelName<Name>;
  readonly messages: readonly object[];
  readonly [parameter: string]: unknown;
}

export interface CallerOptions {
  readonly as: Principal;
  readonly signal?: AbortSignal;
  /**
   * Told once how the call was answered, or that it was not: with the whole answer, before the first chunk of a stream, or
   * before the call rejects. Not told of what was refused before there was a call: an unknown model, a broken body.
   */
  readonly onAnswer?: (metadata: AnswerMetadata) => void;
}
