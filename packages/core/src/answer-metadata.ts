import type { Attempt } from './call.js';
import type { FailureKind } from './errors.js';

/** How a call was answered: by whom, and who was asked before. Times are milliseconds. */
export interface AnswerMetadata {
  /** The request id, as in `x-request-id`. */
  readonly callId: string;
  /** The model asked for. */
  readonly requestedModel: string;
  /** The one that answered: another after a fallback; undefined where nobody did. */
  readonly answeredModel: string | undefined;
  /** Who answered, by its id; undefined where nobody did. */
  readonly deployment: string | undefined;
  /** Its vendor, and the vendor's name for the model. */
  readonly provider: string | undefined;
  readonly upstreamModel: string | undefined;
  /** The vendor's own id of the request that was answered, or of the last one in vain. */
  readonly upstreamRequestId: string | undefined;
  /** Every upstream request, in order. */
  readonly attempts: readonly AttemptMetadata[];
  /** From opening the call to its whole answer, or to the first content of a stream. */
  readonly durationMs: number;
  /** Integer nano-dollars of a whole answer; undefined where nobody knows them, or not yet. */
  readonly costNanoUsd: number | undefined;
  /** What was dropped or could not be kept on the way. */
  readonly warnings: readonly string[];
}

/** One upstream request, when the client is answered. */
export interface AttemptMetadata
  extends Readonly<Pick<Attempt, 'group' | 'deployment' | 'provider' | 'model' | 'status' | 'upstreamRequestId'>> {
  readonly durationMs: number;
  /** Why it failed; undefined for the one that did not. */
  readonly failure: FailureKind | undefined;
}
