/** Counters as the two dialects keep them, with keys as they are kept and amounts that are whole. */
export interface CounterTables {
  reserve(id: string, leaseMs: number, wants: readonly Want[], now: number | undefined): Promise<Reserved>;
  settle(held: ReservedAmount, actual: readonly number[], now: number | undefined): Promise<void>;
  read(key: string, now: number | undefined): Promise<{ used: number; reserved: number }>;
  /** Makes counters that are not there. */
  seed(seeds: readonly Seed[]): Promise<void>;
  /** Takes away counters whose period ended long before. */
  sweep(now: number | undefined): Promise<void>;
}

export interface Want {
  readonly key: string;
  readonly amount: number;
  readonly limit: number;
  readonly resetsAt: number | undefined;
  /** Undefined for a counter that begins at zero where it is missing. */
  readonly startsAt: number | undefined;
}

export interface Seed {
  readonly key: string;
  readonly used: number;
  readonly resetsAt: number | undefined;
}

/** `epoch`: since when counters are counted, and as such a name of what would be lost with them. */
export type Reserved =
  | { readonly refused: number; readonly epoch: number; readonly remaining: readonly number[] }
  | { readonly missing: readonly boolean[] };

/** What a reservation holds. It is in its name: whoever has it can settle it, and nothing is remembered anywhere. */
export interface ReservedAmount {
  readonly id: string;
  readonly epoch: number;
  readonly endsAt: number;
  readonly keys: readonly string[];
}

/** Long after any clock that is behind has come to the end of the period. */
export const KEPT_MS = 86_400_000;
