import type { JsonObject, MaybePromise } from '../encoding/json.js';
import type { OperationName, UpstreamOperationName } from '../operation.js';
import type { Principal, Via } from '../principal.js';

/** The call whose content a hook sees. Only calls that models answer have content. */
export interface ContentRequest {
  readonly requestId: string;
  readonly operation: UpstreamOperationName;
  readonly principal: Principal;
  readonly via: Via;
  /** The requested model group. */
  readonly model: string;
  readonly stream: boolean;
  /** The body in the public format of the operation. */
  readonly body: Readonly<JsonObject>;
  readonly tags: readonly string[];
  /** Adds a warning to the record of the call and to the metadata of its answer. */
  warn(message: string): void;
}

/**
 * Changes what is asked, before it is measured, limited and sent. Runs once for each call, in the order of the configuration; each
 * sees what the one before has made of the body.
 */
export interface RequestTransform<Host = unknown> {
  readonly name: string;
  /**
   * Returns the new body, or undefined to leave it. Throw a `GatewayError` to refuse the call; anything else that is thrown is a
   * 500 without details. Takes at most `policyTimeoutMs`.
   */
  transform(context: Host & { readonly request: ContentRequest }): MaybePromise<Readonly<JsonObject> | undefined>;
}

/** What an answer middleware sees of an admitted call. */
export interface AdmittedRequest extends ContentRequest {
  /**
   * Asks a model within this call, such as an embedding for a cache or a judge for a guardrail: on the account of the call, with
   * its deadline and the rights of its caller. Resolves with the whole answer in the operation's public format. Rejects with
   * `over_budget` or `over_rate_limit` where the caller's limits have no room for it.
   */
  ask(operation: OperationName, body: Readonly<JsonObject>): Promise<JsonObject>;
}

/** An answer on its way to the client. */
export type CallAnswer =
  /** A whole answer in the public format of the operation. */
  | { readonly kind: 'whole'; readonly value: JsonObject }
  /** The chunks of a stream, each in the public format of the operation, made by a middleware. */
  | { readonly kind: 'chunks'; readonly chunks: AsyncIterable<JsonObject> | Iterable<JsonObject> }
  /** A stream of an upstream, or bytes: it can be handed on, and nothing else. Its content is for chunk transforms. */
  | { readonly kind: 'opaque' };

/**
 * Runs around the answer of an admitted call: it may answer without asking an upstream, change a whole answer, or refuse it by
 * throwing a `GatewayError`. The first of the configuration is the outermost.
 */
export interface AnswerMiddleware<Host = unknown> {
  readonly name: string;
  /**
   * `next` gets the answer of what lies further in, for a changed body if one is given. It may be called several times; every
   * upstream request is billed to the call, and streams that are not handed on are cancelled.
   */
  answer(
    context: Host & { readonly request: AdmittedRequest },
    next: (body?: Readonly<JsonObject>) => Promise<CallAnswer>,
  ): MaybePromise<CallAnswer>;
}

/** Sees, holds back, changes or ends the streams of upstreams, chunk by chunk. */
export interface ChunkTransform<Host = unknown> {
  readonly name: string;
  /** For one stream; undefined to leave it alone, which costs nothing. */
  open(context: Host & { readonly request: ContentRequest }): ChunkTransformer | undefined;
}

/** For one stream. What it throws ends the stream with an error event, and what was used until then is billed. */
export interface ChunkTransformer {
  /**
   * One chunk in the public format of the operation. Returns what the client gets in its place: the chunk itself, other ones, or
   * none to hold it back. Takes at most `policyTimeoutMs`; meanwhile the upstream waits.
   */
  chunk(chunk: JsonObject): MaybePromise<TransformedChunks>;
  /** The upstream's answer is complete. Returns what was held back. */
  end?(): MaybePromise<TransformedChunks>;
}

/**
 * With `end`, the answer is complete with these chunks, and the upstream is cancelled. They must end it as the wire requires: a chunk
 * with a finish reason in chat, `message_delta` and `message_stop` in Messages, `response.incomplete` in Responses.
 */
export type TransformedChunks = readonly JsonObject[] | { readonly chunks: readonly JsonObject[]; readonly end: true };
