import type { Attempt } from './call.js';
import type { FailureKind } from './errors.js';

/** How a call was answered: by which deployment, and after which attempts. Times are milliseconds. */
export interface AnswerMetadata {
  /** The request id, as in `x-request-id`. */
  readonly callId: string;
  /** The requested model. */
  readonly requestedModel: string;
  /** The model that answered, which differs after a fallback; undefined if none answered. */
  readonly answeredModel: string | undefined;
  /** The id of the deployment that answered; undefined if none did. */
  readonly deployment: string | undefined;
  /** Its vendor, and the vendor's name for the model. */
  readonly provider: string | undefined;
  readonly upstreamModel: string | undefined;
  /** The vendor's request id of the attempt that answered, or of the last failed one. */
  readonly upstreamRequestId: string | undefined;
  /** Every upstream request, in order. */
  readonly attempts: readonly AttemptMetadata[];
  /** From the start of the call to its whole answer, or to the first content of a stream. */
  readonly durationMs: number;
  /** Cost of a whole answer in integer nano-dollars; undefined if the price or the usage is not known (yet). */
  readonly costNanoUsd: number | undefined;
  /** What was dropped or could not be preserved. */
  readonly warnings: readonly string[];
}

/** One upstream request, as known when the client gets its answer. */
export interface AttemptMetadata
  extends Readonly<Pick<Attempt, 'group' | 'deployment' | 'provider' | 'model' | 'status' | 'upstreamRequestId'>> {
  readonly durationMs: number;
  /** Why it failed; undefined if it did not. */
  readonly failure: FailureKind | undefined;
}
