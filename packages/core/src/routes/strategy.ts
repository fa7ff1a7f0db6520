/** How the first deployment is chosen among the available ones. */
export type Strategy = {
  readonly [Name in StrategyName]: Name extends 'sticky'
    ? { readonly by: Name; readonly key: StickyKey }
    : { readonly by: Name };
}[StrategyName];

/**
 * - `weighted`: at random, in proportion to `weight`. The default.
 * - `round-robin`: in turn.
 * - `least-in-flight`: the less busy of two random ones.
 * - `lowest-latency`: the faster of two among the fastest, by first token and tokens per second.
 * - `lowest-cost`: the cheapest; of equally cheap ones the less busy.
 * - `lowest-usage`: the one that has used the smaller share of its limits this minute.
 * - `priority`: in the order of the configuration.
 * - `sticky`: the same one for the same beginning of a prompt, so that the vendor's prompt cache is used.
 * - `adaptive`: at random, in proportion to weight and recent speed; slow ones are still tried now and then.
 */
export const STRATEGIES = [
  'weighted',
  'round-robin',
  'least-in-flight',
  'lowest-latency',
  'lowest-cost',
  'lowest-usage',
  'priority',
  'sticky',
  'adaptive',
] as const;

export type StrategyName = (typeof STRATEGIES)[number];

/**
 * What related calls have in common: the beginning of the prompt and the tools; the session (the header
 * `x-session-id`, else `session_id` of the metadata, `prompt_cache_key` or `user` of the body, else the principal);
 * or the principal.
 */
export type StickyKey = 'prompt' | 'session' | 'principal';
