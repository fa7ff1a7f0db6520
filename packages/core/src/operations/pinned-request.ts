import type { BytesAnswer } from '../answer.js';
import type { JsonObject } from '../encoding/json.js';
import type { ReplyHeaders } from '../reply.js';
import type { HeaderLookup, UpstreamRequest } from '../transport.js';
import type { Usage } from '../usage/usage.js';

/** Asks the only deployment that can answer, because only that one has the resource. */
export type AskPinned = (ask: SendUpstream) => Promise<PinnedAnswer>;

/** Sends the request to its deployment. Rejects with the failure, also for an error response. */
export type SendUpstream = (request: ForwardedRequest) => Promise<ForwardedReply>;

export interface ForwardedRequest {
  readonly method: UpstreamRequest['method'];
  /** Path and query, every part already encoded. */
  readonly path: string;
  /** Added to the deployment's own headers, which take precedence. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: UpstreamRequest['body'];
}

/** A successful response whose head has arrived. One of its readers must be called. */
export interface ForwardedReply {
  readonly status: number;
  readonly headers: HeaderLookup;
  json(): Promise<JsonObject>;
  /** The bytes, chunk by chunk; leaving the loop discards the rest. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Forwards its bytes as the answer. `reader` observes them. */
  handOn(headers: ReplyHeaders, reader?: BytesReader): BytesAnswer;
}

/** Observes bytes that pass. */
export interface BytesReader {
  observe(bytes: Uint8Array): void;
  /** The result once all bytes have passed; undefined if there is none. */
  result(): ReportedUsage | undefined;
}

/** What an answer reports about itself. */
export interface ReportedUsage {
  readonly usage: Usage;
  /** The vendor's name of the model that answered. */
  readonly model: string | undefined;
}

export type PinnedAnswer = { readonly kind: 'json'; readonly value: JsonObject } | BytesAnswer;
