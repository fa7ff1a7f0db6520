import type { JsonObject } from './json.js';

/**
 * - `restart`: another deployment begins anew where the client has nothing of the answer yet but white space or the head of
 *   a tool call.
 * - `continue`: beyond that, one whose model goes on from the beginning of an answer (`abilities.prefill`) is given what
 *   the client has.
 */
export type Recovery = 'restart' | 'continue';

/** What a client has of a streamed answer, in the words of one wire: what another attempt must take up. */
export interface SaidSoFar {
  /**
   * A chunk as the client is to have it after what it has: in the first attempt as it is; undefined where nothing of it is
   * left to say.
   */
  tell(chunk: string): string | undefined;
  /** Nothing has been said that beginning anew would say twice. */
  readonly mayRestart: boolean;
  /** The text that a model could go on from; undefined where there is more to it than text. */
  readonly text: string | undefined;
  /** The same for an attempt that may come to nothing. */
  fork(): SaidSoFar;
}

/** How broken streams of one operation are taken up. */
export interface StreamRecovery {
  /** From the beginning. */
  follow(): SaidSoFar;
  /** The request for the rest of an answer that began with `text`. */
  goOn(request: JsonObject, text: string): JsonObject;
}
