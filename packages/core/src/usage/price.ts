/**
 * The price of a model: integers of nano-dollars per million units, so that $0.0375 per million tokens is 37,500,000
 * and no fraction is ever needed.
 */
export interface PriceSheet {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly reasoning: number;
  readonly audioInput: number;
  readonly audioOutput: number;
  /** A flat charge per request, in nano-dollars. */
  readonly perRequest: number;
  /** Higher prices that apply to the whole call once its input exceeds `aboveInputTokens`; ascending. */
  readonly tiers: readonly (Omit<PriceSheet, 'tiers' | 'version'> & { readonly aboveInputTokens: number })[];
  /** The edition of the prices, stored in every usage record so that it can be rated again (R-BUD-6). */
  readonly version: string;
}
