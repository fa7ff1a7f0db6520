import type { GatewayError } from './errors.js';
import type { JsonObject } from './json.js';
import type { HeaderLookup } from './transport.js';
import type { Usage } from './usage.js';

/**
 * Translates one operation to one wire format and back. Pure: no clock, no fetch, no configuration.
 * The pivot is the operation's own public shape, so an upstream that speaks it needs no translation.
 */
export interface Codec {
  /** The upstream's body for this request. Throws `invalid_input` for what the wire cannot express. */
  encode(request: JsonObject, target: EncodeTarget): JsonObject;
  /**
   * This request's headers where they differ from the connection's, which are `own`. `asked` are the client's: what a wire
   * says in a header beside the body is taken from there by name, and nothing else of it leaves.
   */
  headers?(own: Readonly<Record<string, string>>, asked: HeaderLookup): Readonly<Record<string, string>>;
  /**
   * The public shape of an upstream's whole answer; absent where it already has it and its bytes pass through. `request`
   * is what `encode` was given, for answers whose form the client chose.
   */
  decode?(answer: JsonObject, target: EncodeTarget, request?: JsonObject): JsonObject;
  /**
   * Most output tokens this codec asks a model for where the client sets no bound: what a budget then reserves. Absent
   * or undefined where it asks for nothing and the vendor decides.
   */
  defaultMaxOutputTokens?(baseModel: string): number | undefined;
  /** A state machine for one stream; `request` as for `decode`. */
  openStream(target: EncodeTarget, request?: JsonObject): StreamDecoder;
  /**
   * What a failure means for this operation, where that is another thing than for the vendor's others. With the code
   * `unsupported_operation` the gateway answers by itself, where it can.
   */
  failure?(failure: GatewayError): GatewayError;
  /** The upstream keeps its answers, so that later requests can go on from them. */
  readonly keepsAnswers?: true;
  /** How the wire counts the tokens of a chat request without answering it, where it can; its path is that of `messages.count_tokens`. */
  readonly counting?: Counting;
  /** How streams are cut into events where they come as something else than server-sent events. */
  readonly framing?: Framing;
}

/** Counts the tokens of a request. */
export interface Counting {
  encode(request: JsonObject, target: EncodeTarget): JsonObject;
  /** The number in an answer; undefined where it has none. */
  tokensIn(answer: JsonObject): number | undefined;
}

/** Cuts streams of one content type into events. */
export interface Framing {
  /** What the content type of such a stream begins with. */
  readonly contentType: string;
  /** For one stream: takes its bytes in pieces of any size and tells each event once it is whole. Throws where it cannot go on. */
  open(onEvent: (data: string, name: string | undefined) => void): (chunk: Uint8Array) => void;
}

/** What a codec may know of where the request goes. */
export interface EncodeTarget {
  /** The vendor's name for the model. */
  readonly model: string;
  /** The model's own name where `model` is an arbitrary one (deployment names): decides what the family accepts. */
  readonly baseModel: string;
  readonly stream: boolean;
  /** The deployment's own bound where the client sets none. */
  readonly maxOutputTokens: number | undefined;
  /** The client asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** False once this upstream refused to be asked for usage in a stream (f44). */
  readonly mayAskUsage: boolean;
  /** Drop parameters the wire has no word for instead of refusing the request. */
  readonly dropUnsupported: boolean;
  /** Says what was dropped or could not be kept; shown in response metadata. */
  warn(message: string): void;
  /** Seconds since the epoch, for answers that must carry a time. */
  readonly createdAt: number;
}

/** Fed with the events of one stream, in order. */
export interface StreamDecoder {
  /** One event of the upstream. `name` is its `event:` field, if any. Malformed data is reported with `out.malformed()`. */
  event(data: string, name: string | undefined, out: StreamSink): void;
  /**
   * For wires that pass through: how many characters these bytes carry if they are one whole event that leaves as it came
   * and holds nothing but a piece of text; else 0, and the event is decoded. Only asked between two events.
   */
  plainCharacters?(event: Uint8Array): number;
  /** The upstream closed the stream properly at the HTTP level; whether that completes the answer is the decoder's to say. */
  end(out: StreamSink): void;
}

/** What a decoder makes of events. */
export interface StreamSink {
  /** A chunk in the public shape, as JSON text. `content` says that it carries part of the answer (commits the stream). */
  chunk(json: string, content: boolean): void;
  /** A chunk that only carries usage; reaches the client if it asked for it, once, at the end. Later ones replace earlier ones. */
  usage(usage: Usage, json: string): void;
  /** Output produced so far, in UTF-16 units, to estimate from if the stream breaks. */
  produced(characters: number): void;
  /** The answer is complete. */
  done(): void;
  /** The upstream reported a failure inside the stream. */
  fail(failure: GatewayError): void;
  /** An event that could not be read; skipped and counted. */
  malformed(): void;
}
