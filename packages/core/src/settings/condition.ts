import type { BuiltInOperationName } from '../operation.js';

/** What must be true of a call; all of it. A condition on something that the call does not specify is false. */
export interface Condition {
  readonly principal?: {
    readonly id?: Match;
    readonly team?: Match;
    /** Has one of these tags. */
    readonly tags?: Match;
    readonly metadata?: Readonly<Record<string, Match>>;
  };
  /** The call has one of these tags: its principal's, or those of the request. */
  readonly tags?: Match;
  /** Request headers, lower-case names. */
  readonly headers?: Readonly<Record<string, Match>>;
  /** Fields of the body by path: `metadata.plan`, `tools[0].type`. */
  readonly body?: Readonly<Record<string, Match>>;
  readonly operation?: BuiltInOperationName | readonly BuiltInOperationName[];
  readonly stream?: boolean;
  /** Estimated tokens of the input. */
  readonly inputTokens?: { readonly above?: number; readonly below?: number };
  readonly time?: TimeOfDay;
}

/** An equal value; a list of values, one of which is equal; or a comparison. */
export type Match = Plain | readonly Plain[] | Comparison;

export type Plain = string | number | boolean;

/** All of these are true. */
export interface Comparison {
  readonly above?: number;
  readonly below?: number;
  readonly startsWith?: string;
  readonly endsWith?: string;
  readonly contains?: string;
  readonly in?: readonly Plain[];
  readonly not?: Plain | readonly Plain[];
  /** `false` matches an absent value; nothing else does. */
  readonly exists?: boolean;
}

export interface TimeOfDay {
  /** `08:00`; if `to` is earlier, the range spans midnight. Default: midnight. */
  readonly from?: string;
  /** The first minute after the range. Default: midnight. */
  readonly to?: string;
  /** The days on which the range begins. Default: all. */
  readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** IANA name: `Europe/Berlin`. Default: UTC. */
  readonly zone?: string;
}
