/** What a model can do and how much it takes. What is not said is taken for granted: only a `false` keeps calls away. */
export interface Abilities {
  /** Calls functions. */
  readonly tools?: boolean;
  /** Reads pictures. */
  readonly images?: boolean;
  /** Hears sound. */
  readonly audio?: boolean;
  /** Reads documents. */
  readonly files?: boolean;
  /** Answers by a JSON schema. */
  readonly jsonSchema?: boolean;
  /**
   * Goes on from the beginning of an answer that is given as the last message, and does not refuse it or answer it. Not
   * taken for granted: only `true` has broken streams continued here.
   */
  readonly prefill?: boolean;
  /** Longest input in tokens. */
  readonly inputTokens?: number;
  /** Longest answer in tokens. */
  readonly outputTokens?: number;
}

/** Abilities that a call needs or does not need, as bits: a call's needs are one number. */
export const NEEDS = { tools: 1, images: 2, audio: 4, files: 8, jsonSchema: 16 } as const satisfies Partial<
  Record<keyof Abilities, number>
>;

/** The needs that these abilities do not meet. */
export function unmetNeeds(needs: number, abilities: Abilities): (keyof typeof NEEDS)[] {
  if (needs === 0) return [];
  return (Object.keys(NEEDS) as (keyof typeof NEEDS)[]).filter(
    (name) => (needs & NEEDS[name]) !== 0 && abilities[name] === false,
  );
}
