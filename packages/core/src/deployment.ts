import type { Abilities } from './abilities.js';
import type { Codec } from './codec.js';
import type { UpstreamOperationName } from './operation.js';
import type { PriceSheet } from './price.js';
import type { RateLimits } from './principal.js';
import type { Connection, Provider } from './provider.js';

/** One place that can serve a model: provider, upstream model, credential and limits. Made at boot, never changed. */
export interface Deployment {
  /** Unique in the gateway: `smart/0:anthropic`, or the configuration's own id. */
  readonly id: string;
  readonly provider: Provider;
  readonly connection: Connection;
  /** The vendor's name for the model. */
  readonly model: string;
  /** The model's own name where `model` is arbitrary (deployment names). */
  readonly baseModel: string;
  readonly codecs: Readonly<Partial<Record<UpstreamOperationName, Codec>>>;
  /** Share of the traffic relative to its siblings. */
  readonly weight: number;
  /** Lower ones are asked first; only when none of them may be asked, the next. */
  readonly order: number;
  /** Calls with one of these tags are for it, and others only where no deployment is for them. */
  readonly tags: readonly string[];
  readonly abilities: Abilities;
  /** What its vendor allows; a call for which there is no room goes to another. */
  readonly limits: RateLimits | undefined;
  readonly dropUnsupported: boolean;
  /** Undefined where nobody knows what the model costs. */
  readonly price: PriceSheet | undefined;
  /** The configuration's bound on the output of one answer, if it sets one. */
  readonly configuredMaxOutputTokens: number | undefined;
  /** Most output tokens one answer can have; bounds the reservation of calls that set no bound themselves. */
  readonly maxOutputTokens: number;
  readonly deadlines: ResolvedDeadlines;
}

/** Limits of one attempt in milliseconds; what runs out first ends it. */
export interface AttemptDeadlines {
  /** From sending the request to the response's head. Default: 60,000 for streams, 600,000 for whole answers, whose head comes with the answer. */
  readonly headersMs: number;
  /** From sending the request to the first content of a stream. Default 300,000: reasoning models think in silence. */
  readonly firstTokenMs: number;
  /** Silence in the middle of an answer. Default 30,000, and until the first content of a stream as long as that may take. */
  readonly idleMs: number;
  /** From sending the request to the end of its answer. Default 600,000. */
  readonly answerMs: number;
}

/** The deadlines of a deployment, every default resolved. */
export interface ResolvedDeadlines extends AttemptDeadlines {
  /** `headersMs` of streams. */
  readonly streamHeadersMs: number;
  /** `idleMs` until the first content of a stream. */
  readonly openingIdleMs: number;
}

/** The limits of an attempt, and the one over all of them. */
export interface Deadlines extends AttemptDeadlines {
  /** From opening the call to its end, over all attempts. Default 600,000. */
  readonly totalMs: number;
}
