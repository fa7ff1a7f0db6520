import type { Deployment } from './deployment.js';
import type { JsonObject } from './json.js';
import type { EventsSource, ReplyHeaders } from './reply.js';
import type { HeaderLookup, UpstreamRequest } from './transport.js';
import type { Usage } from './usage.js';

/** What a call wants of one deployment, because nobody else has what it is about. */
export interface Errand {
  readonly deployment: Deployment;
  /** What it reserves of budgets and token limits; undefined where it spends nothing, so that those do not stand in its way. */
  readonly need: ErrandNeed | undefined;
  /** Longest it may take, in milliseconds. */
  readonly longestMs: number;
  run(ask: Ask): Promise<ErrandAnswer>;
}

/** `costNanoUsd` is undefined where nobody knows. */
interface ErrandNeed {
  readonly tokens: number;
  readonly costNanoUsd: number | undefined;
}

/** Asks the errand's deployment. Rejects with the failure, an error answer's included. */
export type Ask = (request: ErrandRequest) => Promise<ErrandReply>;

export interface ErrandRequest {
  readonly method: UpstreamRequest['method'];
  /** Path and query, every part already encoded. */
  readonly path: string;
  /** Besides the deployment's own, which win. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: UpstreamRequest['body'];
}

/** A success whose head is here. One of its readers is to be called. */
export interface ErrandReply {
  readonly status: number;
  readonly headers: HeaderLookup;
  json(): Promise<JsonObject>;
  /** The bytes, piece by piece; leaving the loop lets go of the rest. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Hands its bytes on as the answer. `reader` sees them in passing. */
  handOn(headers: ReplyHeaders, reader?: BytesReader): ErrandAnswer;
}

/** Looks at bytes that pass. */
export interface BytesReader {
  see(bytes: Uint8Array): void;
  /** What they told, once they have passed; undefined if nothing. */
  told(): Told | undefined;
}

/** What an answer says of itself. */
export interface Told {
  readonly usage: Usage;
  /** The vendor's name for who answered. */
  readonly model: string | undefined;
}

export type ErrandAnswer =
  | { readonly kind: 'json'; readonly value: JsonObject }
  | { readonly kind: 'bytes'; readonly status: number; readonly headers: ReplyHeaders; readonly body: EventsSource };
