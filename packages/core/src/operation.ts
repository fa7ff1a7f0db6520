import type { GatewayError } from './errors.js';
import type { JsonObject } from './json.js';
import type { StreamRecovery } from './recovery.js';
import type { Usage } from './usage.js';

/** Everything a client may ask that is answered by an upstream. */
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

/** What goes to one deployment as it is and is translated for none. */
export type RelayedOperationName = (typeof RELAYED_OPERATIONS)[number];

const RELAYED_OPERATIONS = ['files', 'batches', 'realtime', 'pass_through'] as const;

/** Everything a client may ask. */
export type OperationName = (typeof OPERATIONS)[number];

export const OPERATIONS = [...UPSTREAM_OPERATIONS, ...RELAYED_OPERATIONS, 'models'] as const;

/** What can be asked for and is on the ledger. Pure, no state. */
export interface Operation {
  readonly name: OperationName;
  /** Usage of a whole answer in the operation's own public shape; undefined where it says nothing. */
  usageOf(answer: JsonObject): Usage | undefined;
  /** Characters of visible output, to estimate usage from where the vendor did not say. */
  outputCharactersOf(answer: JsonObject): number;
  readonly errors: ErrorSpelling;
}

/** One endpoint at which models are asked: everything core knows of it. */
export interface UpstreamOperation extends Operation {
  readonly kind: 'upstream';
  readonly name: UpstreamOperationName;
  readonly method: 'POST';
  /** Paths below the mount. */
  readonly paths: readonly string[];
  /** What its body is: JSON, or a form with files. Default: JSON. */
  readonly input?: 'form';
  /** Whole answers are bytes: sound. */
  readonly binaryAnswers?: true;
  /** Whole answers may be plain text (subtitles) as well as JSON. */
  readonly textAnswers?: true;
  /** Reads what the gateway needs from a body, and checks only that; throws `invalid_input` with `param`. */
  read(body: JsonObject): Demand;
  /** Where upstreams may keep answers, to be referred to later. */
  readonly keeps?: KeptAnswers;
  /** What the gateway answers by itself for a group of which no deployment can be asked: from its own estimate. */
  answerByEstimate?(inputTokens: number): JsonObject;
  /** How a stream of this operation is spelled; undefined where there are none. */
  readonly stream: StreamSpelling | undefined;
  /** How a stream that breaks can be taken up; absent where it cannot. */
  readonly recovery?: StreamRecovery;
}

/** How requests and answers speak of answers that are kept. */
export interface KeptAnswers {
  /** The field of a request that names one to go on from. */
  readonly reference: string;
  /** Only an upstream that keeps answers can do what this request asks. */
  needsKeeper(body: JsonObject): boolean;
  /** Whether the answer to this request is kept. */
  isKept(body: JsonObject): boolean;
  /** Whether a whole answer is only the promise of one, to be fetched by its id. */
  isUnderWay(answer: JsonObject): boolean;
  /** The upstream's id of an answer: in a whole one, and in the first event of a streamed one. */
  idOf(answer: JsonObject): string | undefined;
}

/** How a wire spells a stream. */
export interface StreamSpelling {
  /** One chunk as an event. */
  event(json: string): string;
  /** What follows the last chunk of a complete answer. */
  readonly terminator: string;
  /** A chunk that only carries usage, for a client that asked where the vendor sent none; `like` is any earlier chunk. */
  usageChunk(usage: Usage, like: string | undefined): string;
}

/** What core reads of a request body. */
export interface Demand {
  /** The model group asked for. */
  readonly model: string;
  readonly stream: boolean;
  /** The client asked for usage in its stream. */
  readonly wantsUsage: boolean;
  /** UTF-16 units of text in the input, to estimate tokens from. */
  readonly inputCharacters: number;
  /** Parts that are not text (images, audio, files), each estimated at a flat rate. */
  readonly inputAttachments: number;
  /** Most output tokens the client allows, over all answers; undefined where it sets no bound. */
  readonly maxOutputTokens: number | undefined;
  /** How many answers it wants (`n`). */
  readonly answers: number;
  /** What a model must be able to do for it: bits of `NEEDS`. Default: nothing in particular. */
  readonly needs?: number;
}

/** How a wire spells errors. */
export interface ErrorSpelling {
  /** The body of an error answer. */
  body(error: GatewayError, requestId: string): string;
  /** One complete event inside a stream that has begun. */
  event(error: GatewayError, requestId: string): string;
}
