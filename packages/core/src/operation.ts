import type { JsonObject } from './encoding/json.js';
import type { GatewayError } from './errors.js';
import type { StreamRecovery } from './partial-answer.js';
import type { Usage } from './usage/usage.js';

/** Every operation that an upstream answers. */
export type UpstreamOperationName = (typeof UPSTREAM_OPERATIONS)[number];

const UPSTREAM_OPERATIONS = [
  'chat.completions',
  'messages',
  'messages.count_tokens',
  'responses',
  'responses.compact',
  'completions',
  'embeddings',
  'moderations',
  'rerank',
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
] as const;

/** Operations that are forwarded to one deployment without translation. */
export type RelayedOperationName = (typeof RELAYED_OPERATIONS)[number];

const RELAYED_OPERATIONS = ['files', 'batches', 'realtime', 'pass_through'] as const;

/** Every operation of the gateway's own endpoints. */
export type BuiltInOperationName = (typeof OPERATIONS)[number];

/** Every operation of a client: the gateway's own, and the names of custom endpoints. */
export type OperationName = BuiltInOperationName | (string & {});

export const OPERATIONS = [...UPSTREAM_OPERATIONS, ...RELAYED_OPERATIONS, 'models', 'usage'] as const;

/** An operation that can be called and is recorded in the ledger. Pure, no state. */
export interface Operation {
  readonly name: OperationName;
  /** Usage of a whole answer in the operation's own public format; undefined if it reports none. */
  usageOf(answer: JsonObject): Usage | undefined;
  /** Characters of visible output, to estimate usage if the vendor reported none. */
  outputCharactersOf(answer: JsonObject): number;
  readonly errors: ErrorFormat;
}

/** One model endpoint: everything core knows about it. */
export interface UpstreamOperation extends Operation {
  readonly kind: 'upstream';
  readonly name: UpstreamOperationName;
  readonly method: 'POST';
  /** Paths below the mount. */
  readonly paths: readonly string[];
  /** What its body is: JSON, or a form with files. Default: JSON. */
  readonly input?: 'form';
  /** Whole answers are binary: audio. */
  readonly binaryAnswers?: true;
  /** Whole answers may be plain text (subtitles) as well as JSON. */
  readonly textAnswers?: true;
  /** Reads what the gateway needs from a body, and checks only that; throws `invalid_input` with `param`. */
  read(body: JsonObject): RequestSummary;
  /** If upstreams can store responses, how later requests refer to them. */
  readonly storage?: ResponseStorage;
  /** The gateway's own answer, from its estimate, for a group without a deployment that supports the operation. */
  answerByEstimate?(inputTokens: number): JsonObject;
  /** The format of its streams; undefined if there are none. */
  readonly stream: StreamFormat | undefined;
  /** How a broken stream can be resumed; absent if it cannot. */
  readonly recovery?: StreamRecovery;
}

/** How requests and answers refer to stored responses. */
export interface ResponseStorage {
  /** The field of a request that names the stored response to continue. */
  readonly requestField: string;
  /** The request needs an upstream that stores responses. */
  requiresStoredState(body: JsonObject): boolean;
  /** Whether the answer to this request is stored. */
  isStored(body: JsonObject): boolean;
  /** Whether a whole answer is only a placeholder, to be fetched later by its id. */
  isUnderWay(answer: JsonObject): boolean;
  /** The upstream's id of an answer: in a whole one, and in the first event of a streamed one. */
  idOf(answer: JsonObject): string | undefined;
}

/** The format of streams in one API. */
export interface StreamFormat {
  /** One chunk as an event. */
  event(json: string): string;
  /** What follows the last chunk of a complete answer. */
  readonly terminator: string;
  /**
   * A chunk that only carries usage, for a client that asked for it when the vendor sent none; `like` is any earlier
   * chunk.
   */
  usageChunk(usage: Usage, like: string | undefined): string;
}

/** What core reads of a request body. */
export interface RequestSummary {
  /** The model group asked for. */
  readonly model: string;
  readonly stream: boolean;
  /** The client asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** UTF-16 units of all text in the body, weighed by script (`weighedLength`), to estimate tokens. */
  readonly inputCharacters: number;
  /** Parts that are not text (images, audio, files), each estimated at a flat rate. */
  readonly inputAttachments: number;
  /** Most output tokens the client allows, over all answers; undefined if it sets no limit. */
  readonly maxOutputTokens: number | undefined;
  /** How many answers it asks for (`n`). */
  readonly answers: number;
  /** The capabilities that the model must have: bits of `NEEDS`. Default: none. */
  readonly requiredCapabilities?: number;
}

/** The format of errors in one API. */
export interface ErrorFormat {
  /** The body of an error answer. */
  body(error: GatewayError, requestId: string): string;
  /** One complete event in a stream that has begun. */
  event(error: GatewayError, requestId: string): string;
}
