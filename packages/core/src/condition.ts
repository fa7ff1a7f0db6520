import type { OperationName } from './operation.js';

/** What must be true of a call: all of it. What a call does not say, no condition finds true. */
export interface Condition {
  readonly principal?: {
    readonly id?: Match;
    readonly team?: Match;
    /** Has one of these tags. */
    readonly tags?: Match;
    readonly metadata?: Readonly<Record<string, Match>>;
  };
  /** The call has one of these tags: its principal's, or those it was sent with. */
  readonly tags?: Match;
  /** Request headers, lower-case names. */
  readonly headers?: Readonly<Record<string, Match>>;
  /** Fields of the body by their path: `metadata.plan`, `tools[0].type`. */
  readonly body?: Readonly<Record<string, Match>>;
  readonly operation?: OperationName | readonly OperationName[];
  readonly stream?: boolean;
  /** Estimated tokens of the input. */
  readonly inputTokens?: { readonly above?: number; readonly below?: number };
  readonly time?: TimeOfDay;
}

/** A value it is equal to; a list of such, one of which it is; or what is true of it. */
export type Match = Plain | readonly Plain[] | Comparison;

export type Plain = string | number | boolean;

/** All of these hold. */
export interface Comparison {
  readonly above?: number;
  readonly below?: number;
  readonly startsWith?: string;
  readonly endsWith?: string;
  readonly contains?: string;
  readonly in?: readonly Plain[];
  readonly not?: Plain | readonly Plain[];
  /** `false` holds where there is nothing: the only match that does. */
  readonly exists?: boolean;
}

export interface TimeOfDay {
  /** `08:00`; with `to` before it the night between. Default: midnight. */
  readonly from?: string;
  /** The first minute that is not part of it. Default: midnight. */
  readonly to?: string;
  /** Default: all. The day on which it begins. */
  readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** IANA name: `Europe/Berlin`. Default: UTC. */
  readonly zone?: string;
}
