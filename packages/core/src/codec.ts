import type { JsonObject } from './encoding/json.js';
import type { GatewayError } from './errors.js';
import type { HeaderLookup } from './transport.js';
import type { Usage } from './usage/usage.js';

/**
 * Translates one operation to one API format and back. Pure: no clock, no fetch, no configuration. The pivot is the
 * operation's own public format, so an upstream that uses it needs no translation.
 */
export interface Codec {
  /** The upstream's body for this request. Throws `invalid_input` for what the API does not support. */
  encode(request: JsonObject, target: EncodeTarget): JsonObject;
  /**
   * The headers of this request where they differ from those of the connection (`own`). `asked` are the client's
   * headers: parameters that an API expects in a header are copied from there by name, and no other header is sent.
   */
  headers?(own: Readonly<Record<string, string>>, asked: HeaderLookup): Readonly<Record<string, string>>;
  /**
   * The whole answer in the public format. Absent if the upstream already uses it: then its bytes pass through.
   * `request` is what `encode` got, for answers whose format the client chose.
   */
  decode?(answer: JsonObject, target: EncodeTarget, request?: JsonObject): JsonObject;
  /** True if this answer needs no `decode`: then its bytes pass through. Default: each answer is decoded. */
  isAsAsked?(answer: JsonObject, request: JsonObject | undefined): boolean;
  /**
   * The output limit that this codec sends if the client sets none; budgets reserve this much. Absent or undefined if
   * it sends no limit and the vendor decides.
   */
  defaultMaxOutputTokens?(baseModel: string): number | undefined;
  /** True if chat requests may have `thinking` of the Messages API, and `encode` reads it. */
  readonly readsThinking?: true;
  /** A state machine for one stream; `request` as for `decode`. */
  openStream(target: EncodeTarget, request?: JsonObject): StreamDecoder;
  /**
   * The meaning of a failure for this operation, if it differs from the vendor's other operations. With the code
   * `unsupported_operation` the gateway answers itself where it can.
   */
  failure?(failure: GatewayError): GatewayError;
  /** The upstream stores its responses, so that later requests can refer to them. */
  readonly storesResponses?: true;
  /**
   * How the API counts the tokens of a chat request without answering it, if it can. The path is that of
   * `messages.count_tokens`.
   */
  readonly counting?: Counting;
  /** How streams are split into events if they are not server-sent events. */
  readonly framing?: Framing;
}

/** Counts the tokens of a request. */
export interface Counting {
  encode(request: JsonObject, target: EncodeTarget): JsonObject;
  /** The number of tokens in an answer; undefined if there is none. */
  tokensIn(answer: JsonObject): number | undefined;
}

/** Splits streams of one content type into events. */
export interface Framing {
  /** Prefix of the content type of such a stream. */
  readonly contentType: string;
  /**
   * For one stream: takes its bytes in chunks of any size and reports each complete event. Throws if the stream is
   * corrupt.
   */
  open(onEvent: (data: string, name: string | undefined) => void): (chunk: Uint8Array) => void;
}

/** What a codec knows about the target of the request. */
export interface EncodeTarget {
  /** The vendor's name for the model. */
  readonly model: string;
  /** The model's base name if `model` is an arbitrary deployment name; decides which parameters are supported. */
  readonly baseModel: string;
  readonly stream: boolean;
  /** The deployment's own output limit if the client sets none. */
  readonly maxOutputTokens: number | undefined;
  /** The client asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** False once this upstream has rejected a request for usage in a stream. */
  readonly mayAskUsage: boolean;
  /** Drop unsupported parameters instead of rejecting the request. */
  readonly dropUnsupported: boolean;
  /** Reports what was dropped or could not be preserved; shown in the response metadata. */
  warn(message: string): void;
  /** Seconds since the epoch, for answers that must contain a time. */
  readonly createdAt: number;
}

/** Receives the events of one stream, in order. */
export interface StreamDecoder {
  /**
   * One event of the upstream. `name` is its `event:` field, if any. Malformed data is reported with
   * `out.malformed()`.
   */
  event(data: string, name: string | undefined, out: StreamSink): void;
  /**
   * For formats that pass through: the number of characters of text in these bytes, if they are one complete event
   * that is forwarded unchanged and contains only text. Otherwise 0, and the event is decoded. Only called between
   * two events.
   */
  plainCharacters?(event: Uint8Array): number;
  /** The upstream closed the stream correctly at HTTP level. The decoder decides whether the answer is complete. */
  end(out: StreamSink): void;
}

/** What a decoder produces. */
export interface StreamSink {
  /** A chunk in the public format, as JSON text. `content`: it carries part of the answer (commits the stream). */
  chunk(json: string, content: boolean): void;
  /**
   * A chunk that only carries usage. The client gets it once, at the end, if it asked for usage. Later ones replace
   * earlier ones.
   */
  usage(usage: Usage, json: string): void;
  /** Output so far, in UTF-16 units, for an estimate if the stream breaks. */
  produced(characters: number): void;
  /** The answer is complete. */
  done(): void;
  /** The upstream reported a failure in the stream. */
  fail(failure: GatewayError): void;
  /** An event that could not be read; it is skipped and counted. */
  malformed(): void;
}
