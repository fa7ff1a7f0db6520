import type { Capabilities } from './capabilities.js';
import type { Codec } from './codec.js';
import type { UpstreamOperationName } from './operation.js';
import type { RateLimits } from './principal.js';
import type { Connection, Provider } from './provider.js';
import type { PriceSheet } from './usage/price.js';

/** One place that serves a model: provider, upstream model, credential and limits. Created at start, never changed. */
export interface Deployment {
  /** Unique in the gateway: `smart/0:anthropic`, or the id in the configuration. */
  readonly id: string;
  readonly provider: Provider;
  readonly connection: Connection;
  /** The vendor's name for the model. */
  readonly model: string;
  /** The model's base name if `model` is an arbitrary deployment name. */
  readonly baseModel: string;
  readonly codecs: Readonly<Partial<Record<UpstreamOperationName, Codec>>>;
  /** Share of the traffic relative to the other deployments. */
  readonly weight: number;
  /** Deployments with the lowest order are used first; the next order only if none of them is available. */
  readonly order: number;
  /** Calls with one of these tags use it; other calls only if no deployment has their tags. */
  readonly tags: readonly string[];
  readonly capabilities: Capabilities;
  /** The limits at its vendor; a call that exceeds them uses another deployment. */
  readonly limits: RateLimits | undefined;
  readonly dropUnsupported: boolean;
  /** Undefined if the price of the model is not known. */
  readonly price: PriceSheet | undefined;
  /** The configured limit on the output of one answer, if there is one. */
  readonly configuredMaxOutputTokens: number | undefined;
  /** Most output tokens of one answer; the reservation of calls that set no limit themselves. */
  readonly maxOutputTokens: number;
  readonly deadlines: ResolvedDeadlines;
}

/** The limits of one attempt in milliseconds; the first that is exceeded ends it. */
export interface AttemptDeadlines {
  /**
   * From sending the request to the head of the response. Default: 60,000 for streams, 600,000 for whole answers,
   * where the head comes with the answer.
   */
  readonly headersMs: number;
  /**
   * From sending the request to the first content of a stream. Default 300,000, because reasoning models send nothing
   * while they think.
   */
  readonly firstTokenMs: number;
  /** Silence during an answer. Default 30,000; before the first content of a stream the limit is `firstTokenMs`. */
  readonly idleMs: number;
  /** From sending the request to the end of its answer. Default 600,000. */
  readonly answerMs: number;
}

/** The deadlines of a deployment, with all defaults. */
export interface ResolvedDeadlines extends AttemptDeadlines {
  /** `headersMs` of streams. */
  readonly streamHeadersMs: number;
  /** `idleMs` until the first content of a stream. */
  readonly openingIdleMs: number;
}

/** The limits of an attempt, and the limit over all attempts. */
export interface Deadlines extends AttemptDeadlines {
  /** From the start of the call to its end, over all attempts. Default 600,000. */
  readonly totalMs: number;
}
