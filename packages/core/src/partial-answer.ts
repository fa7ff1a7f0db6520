import type { JsonObject } from './encoding/json.js';

/**
 * - `restart`: another deployment starts again if the client has only white space or the beginning of a tool call.
 * - `continue`: in addition, a deployment whose model supports prefill (`capabilities.prefill`) gets what the client
 *   already has.
 */
export type Recovery = 'restart' | 'continue';

/** The part of a streamed answer that the client has, in the format of one API, for another attempt to continue. */
export interface PartialAnswer {
  /**
   * A chunk as the client must get it after what it has: unchanged in the first attempt; undefined if nothing of it
   * is new.
   */
  append(chunk: string): string | undefined;
  /** A restart would repeat nothing. */
  readonly mayRestart: boolean;
  /** The text that a model could continue; undefined if there is more than text. */
  readonly text: string | undefined;
  /** The same for an attempt that may fail. */
  fork(): PartialAnswer;
}

/** How broken streams of one operation are resumed. */
export interface StreamRecovery {
  /** From the beginning. */
  follow(): PartialAnswer;
  /** The request for the rest of an answer that began with `text`. */
  continueFrom(request: JsonObject, text: string): JsonObject;
}
