/**
 * What a counter counts for: a principal, a deployment, or a node of a route. Only the functions here make one, so that
 * nobody who chooses an id can write into the counters of another kind.
 */
export type CounterKey = string & { readonly [isCounterKey]: true };

declare const isCounterKey: unique symbol;

/** Budgets, limits and calls at a time of a principal. */
export function principalKey(id: string): CounterKey {
  return `principal:${id}` as CounterKey;
}

/** What a vendor allows a deployment. */
export function deploymentKey(id: string): CounterKey {
  return `deployment:${id}` as CounterKey;
}

/** A node of the route of a group, by its path in the configuration. */
export function nodeKey(group: string, path: string): CounterKey {
  // Groups are named by clients where a pattern makes them: written so that no two pairs are one text.
  return `node:${JSON.stringify([group, path])}` as CounterKey;
}

/** That something which is paid for afterwards was charged; `id` is the one that its owner knows it by. */
export function chargedKey(id: string): CounterKey {
  return `charged:${id}` as CounterKey;
}
